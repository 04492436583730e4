// Drawing on a frame is made in the next change.
