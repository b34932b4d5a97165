"""A small TCP proxy between a program and its database, which cuts, swallows or refuses on demand."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

CHUNK = 65_536


class Proxy:
    """Listens on a port of its own and passes everything on to another one, until it is told otherwise."""

    def __init__(self, port: int) -> None:
        self.target = port
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]
        self._open = Event()
        self._open.set()
        self._cut_after: bytes | None = None
        self.cuts = 0
        self.joined = 0
        self._lock = Lock()
        self._sockets: set[socket.socket] = set()
        Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()

    def cut_before_the_answer_to(self, marker: bytes) -> None:
        """Pass on the next request that holds the marker, and cut the line when the server has answered it."""
        self._cut_after = marker

    def swallow(self) -> None:
        """From now on nothing arrives and nothing comes back, as if a cable had been pulled."""
        self._open.clear()

    def pass_on(self) -> None:
        """Pass everything on again, what was swallowed excepted: those lines are cut."""
        self._close_all()
        self._open.set()

    def refuse(self) -> None:
        """Cut every line and refuse new ones."""
        self._close(self._listener)  # shut down first: a thread waits in accept, and would still be given a line
        self._open.set()
        self._close_all()

    def accept_again(self) -> None:
        """Listen again after `refuse`."""
        self._listener = self._listen(self.port)
        Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    @staticmethod
    def _listen(port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port), backlog=50)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._join(client)

    def _join(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            client.close()
            return
        with self._lock:
            self.joined += 1
            self._sockets |= {client, server}
        line = Event()
        Thread(target=self._pump, args=(client, server, line, True), daemon=True).start()
        Thread(target=self._pump, args=(server, client, line, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, cut: Event, from_client: bool) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if not self._open.is_set():
                    continue
                if from_client and self._cut_after and self._cut_after in data:
                    self._cut_after = None
                    cut.set()
                elif not from_client and cut.is_set():
                    self.cuts += 1
                    break
                sink.sendall(data)
        self._open.wait()  # while everything is swallowed, so is a goodbye
        self._close(source, sink)

    def _close(self, *sockets: socket.socket) -> None:
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _close_all(self) -> None:
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        self._close(*sockets)


@contextmanager
def proxied(dsn: str) -> Iterator[tuple[Proxy, str]]:
    """Put a proxy before a database; answers with it, and with the DSN that leads through it."""
    with Proxy(int(str(conninfo_to_dict(dsn)["port"]))) as proxy:
        yield proxy, make_conninfo(dsn, port=proxy.port)
