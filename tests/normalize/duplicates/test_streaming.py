"""`explain duplicates` says of each message what it is as soon as it is there."""

import json
import subprocess
import sys


def test_an_answer_does_not_wait_for_the_next_line() -> None:
    """Whoever types or pipes slowly sees each decision before the next message is read."""
    command = [sys.executable, "-m", "app.cli", "explain", "duplicates"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as explaining:
        assert explaining.stdin
        assert explaining.stdout
        decisions = []
        for number in range(2):
            line = {"id": f"{number}", "sender": "a", "text": "Jembatan Kali Wungu retak, bahaya bagi truk"}
            explaining.stdin.write(f"{json.dumps(line)}\n")
            explaining.stdin.flush()
            decisions.append(json.loads(explaining.stdout.readline())["decision"])
        explaining.stdin.close()
    assert decisions == ["new", "repeat"]
