"""The Autobahn cases, driven by kosoku: against the target's /echo, and against workers that echo.

Left out are the cases of compression (12 and 13), which neither half offers.
"""

import asyncio
import os

from halves import Target, Workers

WITHOUT_COMPRESSION = 301
COMPRESSION = ["12.*", "13.*"]
LIMIT = "32MiB"
PARALLEL_CASES = 4
PARALLEL_RUNS = 8
RUN_SECONDS = 300


def target(checks, setting, engine):
    """kosoku is the client."""
    with Target(setting, "--frame-limit", LIMIT, "--message-limit", LIMIT, engine=engine) as server:
        results = asyncio.run(_fuzz(server.echo))
    _judge(checks, f"the target on {engine}", results, WITHOUT_COMPRESSION)
    checks.same(f"the target on {engine} ended well after the cases", server.status, 0)
    checks.same(f"no connection of a case is left open on {engine}", server.count.get("open_now"), 0)


async def _fuzz(url):
    from kosoku import FailureError, run_fuzzingclient

    try:
        run = run_fuzzingclient(url, None, COMPRESSION, concurrency=PARALLEL_CASES)
        return await asyncio.wait_for(run, RUN_SECONDS), []
    except FailureError as failure:
        return None, failure.results


def workers(checks, setting, engine):
    """kosoku is the server; each case is played by a run of its own, with one user that echoes."""
    session = os.path.join(setting.work, "echo.yml")
    with open(session, "w", encoding="utf-8") as file:
        # The hold ends with the last user.
        file.write("session: [ connect, echo ]\nhold: 120 s\nsample_period: 50 ms\nexpect: ~\n")
    results, count = asyncio.run(_serve(setting, engine, session))
    _judge(checks, f"workers on {engine}", results, count)


async def _serve(setting, engine, session):
    from kosoku import FailureError, run_fuzzingserver
    from websockets.asyncio.client import connect

    async with run_fuzzingserver(setting.worker_cases, COMPRESSION + setting.worker_cases_left_out, port=0) as server:
        base = f"ws://127.0.0.1:{server.port}"
        async with connect(base + "/getCaseCount") as question:
            count = int(await question.recv())
        turns = asyncio.Semaphore(PARALLEL_RUNS)

        async def play(case):
            async with turns:
                await asyncio.to_thread(
                    Workers, setting, f"case-{engine}-{case}", f"{base}/runCase?case={case}&agent=simbench", "--connections", "1",
                    "--session", session, "--engine", engine, "--quiet")

        await asyncio.gather(*(play(case) for case in range(1, count + 1)))
        async with connect(base + "/updateReports?agent=simbench"):
            pass
        try:
            return (await asyncio.wait_for(server.get_result(), RUN_SECONDS), []), count
        except FailureError as failure:
            return (None, failure.results), count


def _judge(checks, who, results, wanted):
    passed, failed = results
    if passed is not None:
        checks.same(f"{who}: cases", len(passed), wanted)
        failed = [result for result in passed if not result.passed]
    sentences = [f"{case.case_id} {case.behavior.value}/{case.behavior_close.value} {case.result} {case.result_close}" for case in failed if not case.passed]
    checks.true(f"{who}: Autobahn cases", not sentences, f"{len(sentences)} failed: " + "; ".join(sentences[:12]))
