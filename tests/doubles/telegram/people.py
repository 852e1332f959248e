"""Those who talk to the bot: what they send becomes updates, what the bot sends stands on their screen."""

import json

from .state import File, bad


class Talker:
    """Sends into one chat. Every method that sends returns the message as Telegram made it."""

    def __init__(self, telegram, chat_id: int, user: dict):
        self.telegram, self.chat_id, self.user = telegram, chat_id, user

    @property
    def chat(self):
        return self.telegram.bot.chats[self.chat_id]

    def say(self, *, as_id: int | None = None, update_id: int | None = None, reply_to: int | None = None, **content) -> dict:
        """Any message, by its content keys: say(dice={"emoji": "🎲", "value": 4})."""
        with self.telegram.changed:
            if reply_to:
                content["reply_to_message"] = {key: value for key, value in self.chat.messages[reply_to].items()
                                               if key != "reply_to_message"}
            message = self.chat.add({"from": self.user, "date": int(self.telegram.clock.now())} | content, as_id)
            self.telegram.inject(update_id, message=message)
            return message

    def write(self, text: str, **more) -> dict:
        return self.say(text=text, **more)

    def file(self, data: bytes, name: str, mime: str, size: int | None = None) -> File:
        with self.telegram.lock:
            return self.telegram.bot.add_file(data, name, mime, size)

    def photo(self, data: bytes, caption: str = "", size: int | None = None, **more) -> dict:
        small, large = self.file(b"thumb", "thumb.jpg", "image/jpeg"), self.file(data, "photo.jpg", "image/jpeg", size)
        content = {"photo": [small.shown(width=90, height=67), large.shown(width=800, height=600)]}
        return self.say(**content | ({"caption": caption} if caption else {}), **more)

    def media(self, kind: str, data: bytes, name: str, mime: str, caption: str = "", size: int | None = None, **facts) -> dict:
        """A document, video, audio, voice, video_note, animation or sticker."""
        file = self.file(data, name, mime, size).shown(file_name=name, mime_type=mime, **facts)
        content = {kind: file} | ({"document": file} if kind == "animation" else {})
        return self.say(**content | ({"caption": caption} if caption else {}))

    def edit(self, message_id: int, **content) -> dict:
        with self.telegram.changed:
            message = self.chat.messages[message_id]
            message |= content | {"edit_date": int(self.telegram.clock.now())}
            self.telegram.inject(edited_message=dict(message))
            return message

    def press(self, message_id: int, data: str) -> str:
        """A button under one of the bot's messages; the query's id."""
        with self.telegram.changed:
            message = self.chat.messages[message_id]
            if data not in json.dumps(message.get("reply_markup", {}), ensure_ascii=False):
                raise AssertionError(f"message {message_id} has no button {data!r}")
            query = str(4_382_000_000_000_000 + next(self.telegram.bot.numbers))
            self.telegram.bot.queries.add(query)
            self.telegram.inject(callback_query={"id": query, "from": self.user, "message": message, "chat_instance": "1", "data": data})
            return query

    @property
    def sees(self) -> list[dict]:
        """What the bot has sent into this chat and not taken back, oldest first."""
        with self.telegram.lock:
            own = self.telegram.bot.user["id"]
            return [dict(message) for _, message in sorted(self.chat.messages.items()) if message.get("from", {}).get("id") == own]

    @property
    def texts(self) -> list[str]:
        return [message.get("text", message.get("caption", "")) for message in self.sees]

    def bytes_of(self, message: dict) -> bytes:
        """The file that the bot sent with a message."""
        for kind in ("photo", "document", "video", "audio", "voice", "animation", "sticker"):
            if kind in message:
                shown = message[kind][-1] if kind == "photo" else message[kind]
                with self.telegram.lock:
                    return self.telegram.bot.files[shown["file_id"]].data
        raise bad("the message has no file")


class Person(Talker):
    def __init__(self, telegram, id: int, facts: dict):
        from .state import Chat
        super().__init__(telegram, id, {"id": id, "is_bot": False, "language_code": "en"} | facts)
        with telegram.lock:
            telegram.bot.chats.setdefault(id, Chat(id, "private", {key: facts[key] for key in ("first_name", "last_name", "username")
                                                                   if key in facts}))

    def block(self, blocked: bool = True, why: str = "bot was blocked by the user") -> None:
        with self.telegram.changed:
            self.chat.blocked = why if blocked else ""
            before, after = ("member", "kicked") if blocked else ("kicked", "member")
            bot = self.telegram.bot.user
            self.telegram.inject(my_chat_member={"chat": self.chat.shown(), "from": self.user, "date": int(self.telegram.clock.now()),
                                                 "old_chat_member": {"user": bot, "status": before},
                                                 "new_chat_member": {"user": bot, "status": after}})


class Group(Talker):
    def __init__(self, telegram, id: int, title: str, type: str):
        from .state import Chat
        super().__init__(telegram, id, {"id": 77, "is_bot": False, "first_name": "Greta"})
        with telegram.lock:
            telegram.bot.chats[id] = Chat(id, type, {"title": title})

    def add_bot(self) -> None:
        bot = self.telegram.bot.user
        self.telegram.inject(my_chat_member={"chat": self.chat.shown(), "from": self.user, "date": int(self.telegram.clock.now()),
                                             "old_chat_member": {"user": bot, "status": "left"},
                                             "new_chat_member": {"user": bot, "status": "member"}})
