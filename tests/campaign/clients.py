"""Clients: casework over HTTP at random, every command with a key, sent again until it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any, Final
from uuid import UUID

import httpx2

from domain.users.user import Role
from tests.api.town import AWHI, KAURI
from tests.campaign.journal import Journal
from tests.campaign.world import World

MANAGER, LEAD, SCHOOL = Role.CASE_MANAGER, Role.WORKFLOW_LEAD, Role.ATTENDANCE_LEAD
KINDS: Final = ("submit", "assign", "activity", "activity", "barrier", "contact", "close")
DAY: Final = "2026-05-04"
CANARIES: Final = ("Whetūrangi", "Tamatea", "021 555 0101", "Kua ngaro te tamaiti")
"""Names, numbers and texts that are sent, and stand in no log."""
PATIENCE_SECONDS: Final = 90.0
"""So long a command is sent again, which is longer than any fault and its ten seconds."""


@dataclass(slots=True)
class Command:
    """A command, and what it was answered in the end."""

    path: str
    role: Role
    key: str
    body: Mapping[str, Any]
    marks: tuple[str, ...] = ()
    """Ids of things that it makes: each stands in one event, if it was done."""
    status: int = 0
    answer: dict[str, Any] = field(default_factory=dict)
    tries: int = 0

    @property
    def done(self) -> bool:
        return self.status in {200, 201}


@dataclass
class Crowd:
    """Some clients at work, and what they know."""

    world: World
    journal: Journal
    seed: int
    size: int
    commands: list[Command] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    questions: int = 0

    def __post_init__(self) -> None:
        self._cases: list[str] = []
        self._lock = Lock()
        self._over = Event()
        self._threads = [Thread(target=self._client, args=(n,), daemon=True) for n in range(self.size)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody finish what they have begun."""
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS + 30)

    def ask_again(self, command: Command) -> Command:
        """Send a command once more, word for word."""
        with httpx2.Client(timeout=10) as line:
            return self._send(line, Random(0), Command(command.path, command.role, command.key, command.body))

    def _client(self, number: int) -> None:
        chance = Random(f"{self.seed} {number}")
        with httpx2.Client(timeout=10) as line:
            while not self._over.is_set():
                if chance.random() < 0.2:
                    self._question(line, chance)
                else:
                    self._take(self._send(line, chance, self._command(chance)))
                sleep(chance.uniform(0.02, 0.3))

    def _command(self, chance: Random) -> Command:
        """The next command of somebody: most are about a case that is there."""
        new = [str(UUID(int=chance.getrandbits(128), version=4)) for _ in range(2)]
        with self._lock:
            case = chance.choice(self._cases) if self._cases else None
        kind = chance.choice(KINDS) if case else "submit"
        if kind == "submit":
            whanau = [{"name": {"family_name": CANARIES[0], "given_names": "Mere"}, "phone": CANARIES[2]}]
            form = self.world.town.form(chance.choice(self.world.students), whanau=whanau)
            return Command(f"/v1/requests/{new[0]}/submit", SCHOOL, new[1], {"form": form})
        path, role, body, marks = self._work(kind, new[0])
        return Command(f"/v1/cases/{case}/{path}", role, new[1], body, marks)

    def _work(self, kind: str, new: str) -> tuple[str, Role, dict[str, Any], tuple[str, ...]]:
        """What is done with a case: the path, by whom, and what it makes."""
        manager = str(self.world.town.people[MANAGER])
        visit = {"activity": new, "kind": "HOME_VISIT", "occurred_on": DAY, "note": CANARIES[0]}
        barrier = {"barrier": new, "category": "TRANSPORT", "source": "WHANAU", "identified_on": DAY}
        attempt = {"attempt": new, "channel": "PHONE", "target": "WHANAU", "outcome": "REACHED", "attempted_on": DAY}
        return {
            "assign": ("assign", LEAD, {"manager": manager}, ()),
            "activity": ("activities", MANAGER, visit, (new,)),
            "barrier": ("barriers", MANAGER, barrier, (new,)),
            "contact": ("contact-attempts", MANAGER, attempt, (new,)),
            "close": ("close", MANAGER, {"reason": "DUPLICATE"}, ()),
        }[kind]

    def _send(self, line: httpx2.Client, chance: Random, command: Command) -> Command:
        """Send it until it is answered, now here, now there."""
        until = monotonic() + PATIENCE_SECONDS
        while monotonic() < until:
            command.tries += 1
            headers = self.world.town.bearer(command.role) | {"Idempotency-Key": command.key}
            try:
                said = line.post(chance.choice(self.world.addresses) + command.path, json=command.body, headers=headers)
            except httpx2.HTTPError:
                sleep(0.2)
                continue
            if said.status_code not in {503, 429}:
                command.status, command.answer = said.status_code, said.json()
                return command
            sleep(0.2)
        self.violations.append(f"never answered: {command.path}")
        return command

    def _take(self, command: Command) -> None:
        self.journal.note("command", path=command.path, status=command.status, tries=command.tries)
        if command.status >= 500:
            self.violations.append(f"{command.status} to {command.path}")
        with self._lock:
            self.commands.append(command)
            if command.done and command.path.endswith("/submit"):
                self._cases.append(command.answer["ids"]["case"])

    def _question(self, line: httpx2.Client, chance: Random) -> None:
        role, path = chance.choice([(SCHOOL, f"/v1/schools/{KAURI}/cases"), (LEAD, f"/v1/providers/{AWHI}/queue")])
        headers = self.world.town.bearer(role)
        try:
            said = line.get(chance.choice(self.world.addresses) + path, headers=headers)
        except httpx2.HTTPError:
            return
        self.questions += 1
        if said.status_code not in {200, 503}:
            self.violations.append(f"{said.status_code} to {path}")
