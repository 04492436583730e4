"""Pipelines with random weights, small enough to run in a test, saved in each family's own folder layout.

One module per engine, named like its row: `build(folder)` saves the pipeline, `SIZE` is a legal picture size in
pixels, `FRAMES` a count the engine can make, `NEEDS` the guide kinds without which it makes nothing. Where a guide
takes the place of a needed one, `INSTEAD` maps it to that; `DEAF` names what the engine does not listen to.
"""
