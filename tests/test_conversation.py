"""The memory of a conversation."""

from assistant.config import ConversationSettings
from assistant.conversation import Conversation


def test_whole_turns_are_forgotten_oldest_first() -> None:
    conversation = Conversation(ConversationSettings("Be kind.", memory_characters=30))
    for number in range(5):
        conversation.add(f"question {number}", f"answer {number}")
    texts = [message.text for message in conversation.messages("now", "en")]
    assert texts == ["Be kind.", "question 4", "answer 4", "now"]


def test_the_last_turn_is_kept_even_if_it_is_long() -> None:
    conversation = Conversation(ConversationSettings("Be kind.", memory_characters=10))
    conversation.add("a long question", "a long answer")
    assert len(conversation.messages("now", "en")) == 4


def test_the_language_of_the_answer_is_asked_for_by_name() -> None:
    conversation = Conversation(ConversationSettings("Be kind."))
    assert conversation.messages("Hola", "es")[0].text == "Be kind. Answer in Spanish."
    assert conversation.messages("Hello", "en")[0].text == "Be kind."
