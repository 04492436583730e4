"""Tests that are coroutines run in a thread of their own: the browser's driver keeps a loop in the main one."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.db import connections


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_run, pyfuncitem, arguments).result()
    return True


def _run(pyfuncitem: pytest.Function, arguments: dict[str, object]) -> None:
    asyncio.run(_and_let_go(pyfuncitem.obj(**arguments)))


async def _and_let_go(test: Coroutine[object, object, None]) -> None:
    """Connections belong to threads; the one that the views of this loop ran in is gone after it."""
    try:
        await test
    finally:
        await sync_to_async(connections.close_all)()
