"""`tabularium serve`: the server."""

from __future__ import annotations

from pathlib import Path

import click

from server.cli.arguments import optional_file


@click.command
@optional_file
@click.option("--host", help="The address to listen on.  [HOST, 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on; 0: any free one.  [PORT, 3000]")
@click.option(
    "--workers", type=click.IntRange(1, 64), help="The number of processes that share the port.  [WORKERS, 1]"
)
@click.option("--watch", is_flag=True, help="Start anew when the application file changes.")
@click.pass_context
def serve(
    context: click.Context, file: Path, host: str | None, port: int | None, workers: int | None, watch: bool
) -> None:
    """Serve an application, after the safe steps of "migrate apply".

    FILE is app.yaml unless another is named. Options win over the environment variables named beside them. The log goes
    to standard output.

    Exit codes: 0 stopped, 1 the file or the environment has errors, 2 wrong usage, 3 the database cannot be reached,
    4 the database needs a decision (the plan is printed) or is newer than this program, 5 the port is taken.

    \b
    Example:
      tabularium serve shop/app.yaml --port 8080 --watch
    """
    # Not above: the HTTP libraries take a second to load, and the help of every command needs this module.
    from server.cli.serving import serve_application

    context.exit(serve_application(file, watch=watch, host=host, port=port, workers=workers))
