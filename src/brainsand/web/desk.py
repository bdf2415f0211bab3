"""What does a request find on the desk? The store, the folder, the queue and everything made once."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from brainsand.jobs import Queue
from brainsand.web.accounts import Accounts
from brainsand.web.answers import Answers
from brainsand.web.folder import DataFolder
from brainsand.web.follow import Follower
from brainsand.web.lookup import Lookup
from brainsand.web.options import Options
from brainsand.web.preview import Previewer
from brainsand.web.rates import Rates
from brainsand.web.readings import Readings
from brainsand.web.store import Store, open_store


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Desk:
    """One running application."""

    options: Options
    folder: DataFolder
    store: Store
    queue: Queue
    accounts: Accounts
    readings: Readings
    answers: Answers
    lookup: Lookup
    follower: Follower
    previewer: Previewer
    requests: Rates
    logins: Rates
    streams: set[object] = field(default_factory=set)

    def close(self) -> None:
        """Stop what runs beside, and let go of the databases."""
        self.follower.stop()
        self.previewer.close()
        self.queue.close()
        self.store.close()


def open_desk(options: Options) -> Desk:
    """Everything opened, tables made, nothing running yet."""
    folder = DataFolder(options.data).made()
    store = open_store(options.database_url)
    queue = Queue.open(options.queue_url)
    readings = Readings(store, folder)
    answers = Answers(readings, folder)
    return Desk(
        options=options,
        folder=folder,
        store=store,
        queue=queue,
        accounts=Accounts(store),
        readings=readings,
        answers=answers,
        lookup=Lookup(),
        follower=Follower(store, folder, queue, filed=answers.of),
        previewer=Previewer(folder, idle=not options.previews),
        requests=Rates(options.limits.requests_a_minute),
        logins=Rates(options.limits.logins_a_minute),
    )


def desk_of(connection: HTTPConnection) -> Desk:
    """The desk a request came to."""
    desk: Desk = connection.app.state.desk
    return desk
