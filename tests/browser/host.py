"""An application of a user's own, with the coordinator under a prefix, run as a program."""

from __future__ import annotations

import os
import socket

import uvicorn
from fastapi import FastAPI

from skedulr import Skedulr
from skedulr_coordinator import create_app, mount

PREFIX = "/admin/tasks"

if __name__ == "__main__":
    host = FastAPI()
    app = Skedulr(os.environ["SKEDULR_REDIS_URL"], namespace=os.environ["SKEDULR_NAMESPACE"])
    mount(host, PREFIX, create_app(app))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}{PREFIX}", flush=True)  # noqa: T201
        uvicorn.Server(uvicorn.Config(host, log_level="warning")).run(sockets=[listener])
