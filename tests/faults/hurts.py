"""What is done to an installation. Each is a function of the stage; it returns when the hurt is over, not the damage."""

import signal


def kill(stage) -> None:
    """As a power cut: nothing is flushed, nobody is told."""
    stage.usher.kill()
    stage.usher.start()


def stop(stage) -> None:
    """As an operator does it at night."""
    stage.usher.restart()


def freeze(stage) -> None:
    """The whole daemon stands still for a moment, as on a machine that swaps."""
    stage.usher.process.send_signal(signal.SIGSTOP)
    stage.pause(stage.random.random() * 2)
    stage.usher.process.send_signal(signal.SIGCONT)


def cut(stage) -> None:
    """Every connection to the database server is cut, in the middle of whatever they do."""
    database = stage.usher.database
    if database.kind == "postgresql":
        database.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.name}'")
    elif database.kind == "mariadb":
        for id in database.sql(f"SELECT id FROM information_schema.processlist WHERE db = '{database.name}'").split():
            try:
                database.sql(f"KILL {id}")
            except RuntimeError as problem:
                if "Unknown thread" not in str(problem):  # it ended by itself
                    raise


def stumble(stage) -> None:
    """The provider takes some replies and cuts the line before it answers, refuses some, and is slow to say so."""
    choices = (500, 503, 200, None)
    script = [stage.random.choice(choices) for _ in range(20)]
    stage.webhook.answer_with(*[(lambda delivery: None) if step is None else step for step in script])
    stage.pause(0.5)


def database_restarts(stage) -> None:
    """As at an upgrade of the server."""
    stage.server.stop()
    stage.pause(stage.random.random())
    stage.server.start()


def database_dies(stage) -> None:
    """The server is killed, is away for a while, and recovers from its log."""
    stage.server.kill()
    stage.pause(stage.random.random() * 3)
    stage.server.start()


def database_freezes(stage) -> None:
    """The server holds its connections and answers nothing."""
    stage.server.signal(signal.SIGSTOP)
    stage.pause(1 + stage.random.random() * stage.freeze_s)
    stage.server.signal(signal.SIGCONT)


ON_ANY = {"kill": kill, "stop": stop, "freeze": freeze, "stumble": stumble}
ON_SERVERS = {"cut": cut, "database_restarts": database_restarts, "database_dies": database_dies,
              "database_freezes": database_freezes}
