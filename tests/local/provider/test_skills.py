"""Instructions, facts and sums: what the model does without tools."""

from __future__ import annotations

import pytest

from tests.local.provider.thinking import answer


@pytest.mark.parametrize(
    ("instructions", "question", "expected"),
    [
        ("Always answer in uppercase.", "Hello", "HELLO! HOW CAN I HELP YOU?"),
        ("Never answer in uppercase.", "Hello", "Hello! How can I help you?"),
        ("Reply with exactly PONG", "How are you?", "PONG"),
        ("Always reply with the word 'banana' and nothing else.", "Hello", "banana"),
        ('Only respond with "No comment."', "Hello", "No comment."),
        ("End each answer with -- Bob", "Hello", "Hello! How can I help you? -- Bob"),
        ('End every reply with the phrase "Over."', "Hello", "Hello! How can I help you? Over."),
        ("Start every message with: Ahoy!", "Hello", "Ahoy! Hello! How can I help you?"),
        ("Please address the user as Jane Doe.", "Hello", "Jane Doe, Hello! How can I help you?"),
        ("If the user says ping, answer pong.", "ping", "pong"),
        ("If the user says ping, answer pong.", "Hello", "Hello! How can I help you?"),
        ("Answer in at most three words.", "Hello", "Hello! How can."),
        ("", "Say 'this is a test'", "this is a test"),
        ("", "Please reply with exactly: token-123", "token-123"),
        ("Answer only with numbers from the tools.", "Hello", "Hello! How can I help you?"),
    ],
)
def test_explicit_instructions_are_followed(
    instructions: str, question: str, expected: str
) -> None:
    """What the instructions or the question spell out about the form of the answer is done."""
    assert answer(question, instructions=instructions) == expected


@pytest.mark.parametrize(
    ("statements", "question", "expected"),
    [
        (["My name is Ada and I live in Porto."], "What is my name?", "Your name is Ada."),
        (["My name is Ada and I live in Porto."], "Where do I live?", "Your home is Porto."),
        (
            ["My favorite color is teal."],
            "What's my favourite colour?",
            "Your favorite color is teal.",
        ),
        (["My name is Ada.", "My name is Bea."], "What is my name?", "Your name is Bea."),
        (["I'm 42 years old."], "How old am I?", "Your age is 42."),
        (
            ["My dog's name is Rex.", "My name is Ada."],
            "What is my dog's name?",
            "Your dog's name is Rex.",
        ),
        (
            ["Remember the number 7351."],
            "What number did I ask you to remember?",
            "Your number is 7351.",
        ),
        ([], "What is my name?", "I don't know your name: you have not told me."),
        (["I like tea."], "Who am I?", "I don't know: you have not told me your name."),
        (["One", "Two"], "What did I just say?", 'You said: "Two"'),
    ],
)
def test_facts_are_recalled_from_the_messages_and_only_from_them(
    statements: list[str], question: str, expected: str
) -> None:
    """The last statement counts; what nobody said is not known."""
    assert answer(*statements, question) == expected


def test_facts_stand_in_the_instructions_too() -> None:
    """A code word and the assistant's own name are facts like others."""
    instructions = "You are Marvin. The code word is plinth."

    assert answer("What is the code word?", instructions=instructions) == "The code word is plinth."
    assert answer("What is your name?", instructions=instructions) == "My name is Marvin."


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is 12 * (3 + 4)?", "12 * (3 + 4) = 84"),
        ("What is 7 divided by 2?", "7 / 2 = 3.5"),
        ("Solve the equation `3x + 11 = 14`. Can you help me?", "x = 1"),
        ("What is 1 / 0?", "I cannot say more about 1 0 than this conversation holds."),
    ],
)
def test_sums_are_worked_out(question: str, expected: str) -> None:
    """Arithmetic is exact, and what cannot be worked out is not made up."""
    assert answer(question) == expected
