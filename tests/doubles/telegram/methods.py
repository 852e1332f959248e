"""The Bot API's methods: each takes the call's parameters and answers its result, or refuses with Telegram's words.

Texts that the fact sheet marks as unverified are written as its author found them; tests look at codes, not at those."""

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from .state import Bot, Chat, Refusal, bad, too_many, utf16_length

TEXT_LIMIT, CAPTION_LIMIT, CALLBACK_DATA_BYTES, CALLBACK_ANSWER_LIMIT = 4096, 1024, 64, 200
DOWNLOAD_LIMIT, UPLOAD_LIMIT, PHOTO_LIMIT = 20 << 20, 50 << 20, 10 << 20
SECRET = re.compile(r"[A-Za-z0-9_-]*\Z")
ACTIONS = {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
           "choose_sticker", "find_location", "record_video_note", "upload_video_note"}


@dataclass
class Call:
    """One request to the Bot API, as tests look at it afterwards."""

    method: str
    parameters: dict
    files: dict = field(default_factory=dict)  # part name -> (file name, mime, bytes)
    result: object = None
    refused: int = 0

    def __getitem__(self, name: str):
        return self.parameters[name]

    def get(self, name: str, default=None):
        return self.parameters.get(name, default)

    def object(self, name: str):
        """A parameter that is an object or array; a JSON string in the encodings that know only strings."""
        value = self.parameters.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                return json.loads(value)
            except ValueError:
                raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None
        return value

    def integer(self, name: str, default: int = 0) -> int:
        try:
            return int(self.parameters.get(name, default))
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        return str(self.parameters.get(name, "")).lower() in ("true", "1", "yes")


class _Tags(HTMLParser):
    KNOWN = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "a", "code", "pre", "blockquote"}

    def __init__(self, text: str):
        super().__init__()
        self.open, self.plain = [], ""
        self.feed(text)
        self.close()
        if self.open:
            raise bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{self.open[-1]}\"")

    def handle_starttag(self, tag, attrs):
        if tag not in self.KNOWN:
            raise bad(f"can't parse entities: Unsupported start tag \"{tag}\"")
        self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise bad("can't parse entities: Unmatched end tag")

    def handle_data(self, data):
        self.plain += data


def parsed(text: str, mode: str) -> str:
    """The text without its markup."""
    if not mode:
        return text
    if mode.lower() == "html":
        return _Tags(text).plain
    if mode.lower() == "markdownv2":
        if re.search(r"(?<!\\)[.!#+=|{}-]", text) or len(re.findall(r"(?<!\\)\*", text)) % 2:
            raise bad("can't parse entities: a character is reserved and must be escaped with the preceding '\\'")
        return re.sub(r"\\(.)", r"\1", text)
    raise bad("unsupported parse_mode")


class Methods:
    """All methods of one bot. `poll` is the double's long poll, as it has to let go of the lock."""

    def __init__(self, bot: Bot, allow_http: bool, poll, webhook_changed):
        self.bot, self.allow_http, self._poll, self._webhook_changed = bot, allow_http, poll, webhook_changed
        self.webhook_called_at = 0.0
        self.known = {name[3:].lower(): getattr(self, name) for name in dir(self) if name.startswith("do_")}

    def run(self, call: Call):
        method = self.known.get(call.method.lower())
        if not method:
            raise Refusal(404, "Not Found: method not found")
        return method(call)

    # ---- the bot itself

    def do_getMe(self, call: Call):
        return self.bot.user | {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    def do_setWebhook(self, call: Call):
        now, url, secret = self.bot.clock.now(), str(call.get("url", "")), str(call.get("secret_token", ""))
        if now - self.webhook_called_at < 1:
            raise too_many(1)
        if len(secret) > 256:
            raise bad("secret token is too long")
        if not SECRET.match(secret):
            raise bad("secret token contains unallowed characters")
        if not url:
            return self.do_deleteWebhook(call)
        parts = urlsplit(url)
        if not parts.hostname or not re.match(r"[a-z]+://", url):
            raise bad("invalid webhook URL specified")
        if not self.allow_http:
            if parts.scheme != "https":
                raise bad("bad webhook: An HTTPS URL must be provided for webhook")
            if (parts.port or 443) not in (80, 88, 443, 8443):
                raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        self.webhook_called_at = now
        before = self.bot.webhook
        self._take_allowed(call)
        if call.flag("drop_pending_updates"):
            self.bot.updates.clear()
        hook = {"url": url, "secret": secret, "max_connections": min(max(call.integer("max_connections", 40), 1), 100)}
        same = before and all(before.get(key) == value for key, value in hook.items())
        self.bot.webhook = before if same else hook
        self._webhook_changed("terminated by setWebhook request")
        call.parameters["_description"] = "Webhook is already set" if same else "Webhook was set"
        return True

    def do_deleteWebhook(self, call: Call):
        had = self.bot.webhook is not None
        self.bot.webhook = None
        if call.flag("drop_pending_updates"):
            self.bot.updates.clear()
        self._webhook_changed(None)
        call.parameters["_description"] = "Webhook was deleted" if had else "Webhook is already deleted"
        return True

    def do_getWebhookInfo(self, call: Call):
        self.bot.forget_old()
        hook = self.bot.webhook or {}
        info = {"url": hook.get("url", ""), "has_custom_certificate": False, "pending_update_count": len(self.bot.updates)}
        for name in ("max_connections", "last_error_date", "last_error_message"):
            if name in hook:
                info[name] = hook[name]
        if self.bot.allowed is not None:
            info["allowed_updates"] = sorted(self.bot.allowed)
        return info

    def _take_allowed(self, call: Call) -> None:
        allowed = call.object("allowed_updates")
        if allowed is not None:
            self.bot.allowed = set(allowed) or None

    def do_getUpdates(self, call: Call):
        if self.bot.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
        self._take_allowed(call)
        limit = call.integer("limit", 100)
        return self._poll(call.integer("offset"), limit if 1 <= limit <= 100 else 100, min(max(call.integer("timeout"), 0), 50))

    # ---- sending

    def _to(self, call: Call) -> Chat:
        if call.get("chat_id") in (None, ""):
            raise bad("chat_id is empty")
        chat = self.bot.chat(call["chat_id"])
        if chat.blocked:
            raise Refusal(403, "Forbidden: " + chat.blocked)
        return chat

    def _send(self, call: Call, chat: Chat, content: dict) -> dict:
        message = {"from": self.bot.user, "date": int(self.bot.clock.now())} | content
        reply = call.object("reply_parameters")
        if reply:
            target = chat.messages.get(int(reply.get("message_id", 0)))
            if target:
                message["reply_to_message"] = {key: value for key, value in target.items() if key != "reply_to_message"}
            elif not reply.get("allow_sending_without_reply"):
                raise bad("message to be replied not found")
        markup = call.object("reply_markup")
        if markup:
            for row in markup.get("inline_keyboard", []):
                for button in row:
                    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= CALLBACK_DATA_BYTES:
                        raise bad("BUTTON_DATA_INVALID")
                    if not button.get("text"):
                        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
            message["reply_markup"] = markup
        return chat.add(message)

    def _text(self, call: Call, name: str, limit: int, too_long: str) -> str:
        value = call.get(name, "")
        if not isinstance(value, str):
            value = str(value)
        if name == "caption" or not call.object("entities"):
            value = parsed(value, str(call.get("parse_mode", "")))
        if utf16_length(value) > limit:
            raise bad(too_long)
        return value.strip("\n ") if name == "text" and not value.strip() else value

    def do_sendMessage(self, call: Call):
        chat = self._to(call)
        text = self._text(call, "text", TEXT_LIMIT, "message is too long")
        if not text:
            raise bad("message text is empty")
        return self._send(call, chat, {"text": text})

    def _media(self, call: Call, kind: str) -> dict:
        chat = self._to(call)
        caption = self._text(call, "caption", CAPTION_LIMIT, "message caption is too long")
        content = {"caption": caption} if caption else {}
        return self._send(call, chat, content | self._file_content(call, kind, kind))

    def _file_content(self, call: Call, kind: str, part: str) -> dict:
        if part in call.files:
            name, mime, data = call.files[part]
            if len(data) > UPLOAD_LIMIT:
                raise Refusal(413, "Request Entity Too Large")
            if kind == "photo" and len(data) > PHOTO_LIMIT:
                raise bad("PHOTO_SAVE_FILE_INVALID")
            if not data:
                raise bad("file must be non-empty")
            file = self.bot.add_file(data, name, mime)
        else:
            value = call.get(part)
            if not value:
                raise bad(f"there is no {kind} in the request")
            file = self.bot.files.get(str(value))
            if not file:
                raise bad("wrong file_id or the file is temporarily unavailable" if "://" not in str(value) else "failed to get HTTP URL content")
        if kind == "photo":
            return {"photo": [file.shown(width=90, height=67), file.shown(width=800, height=600)]}
        facts = {"file_name": file.name, "mime_type": file.mime}
        if kind in ("video", "animation"):
            facts |= {"width": 320, "height": 240, "duration": 1}
        if kind in ("audio", "voice"):
            facts |= {"duration": 1}
        content = {kind: file.shown(**facts)}
        return content | ({"document": file.shown(**facts)} if kind == "animation" else {})

    def do_sendPhoto(self, call: Call):
        return self._media(call, "photo")

    def do_sendDocument(self, call: Call):
        return self._media(call, "document")

    def do_sendVideo(self, call: Call):
        return self._media(call, "video")

    def do_sendAudio(self, call: Call):
        return self._media(call, "audio")

    def do_sendVoice(self, call: Call):
        return self._media(call, "voice")

    def do_sendAnimation(self, call: Call):
        return self._media(call, "animation")

    def do_sendVideoNote(self, call: Call):
        return self._media(call, "video_note")

    def do_sendSticker(self, call: Call):
        return self._media(call, "sticker")

    def do_sendMediaGroup(self, call: Call):
        chat, media = self._to(call), call.object("media") or []
        if not 2 <= len(media) <= 10:
            raise bad("group of 2-10 items must be sent")
        kinds = {item["type"] for item in media}
        if len(kinds & {"document", "audio"}) and len(kinds) > 1:
            raise bad("Documents and audio can't be mixed with other media types")
        contents = []
        for item in media:
            source = str(item["media"])
            part = source.removeprefix("attach://")
            inner = Call(call.method, {part: source} | ({"caption": item["caption"]} if "caption" in item else {}), call.files)
            caption = self._text(inner, "caption", CAPTION_LIMIT, "message caption is too long")
            contents.append(({"caption": caption} if caption else {}) | self._file_content(inner, item["type"], part))
        group = str(next(self.bot.numbers) + 13_000_000_000)
        return [self._send(call, chat, {"media_group_id": group} | content) for content in contents]

    def do_sendLocation(self, call: Call):
        chat = self._to(call)
        try:
            place = {"latitude": float(call["latitude"]), "longitude": float(call["longitude"])}
        except (KeyError, TypeError, ValueError):
            raise bad("latitude is empty") from None
        return self._send(call, chat, {"location": place})

    def do_sendContact(self, call: Call):
        chat = self._to(call)
        if not call.get("phone_number") or not call.get("first_name"):
            raise bad("phone number is empty" if not call.get("phone_number") else "first name is empty")
        return self._send(call, chat, {"contact": {key: call[key] for key in ("phone_number", "first_name", "last_name") if call.get(key)}})

    def do_sendChatAction(self, call: Call):
        chat, action = self._to(call), str(call.get("action", ""))
        if action not in ACTIONS:
            raise bad("wrong parameter action in request")
        chat.actions.append(action)
        return True

    # ---- later changes

    def _own(self, call: Call) -> dict:
        message = self._to(call).messages.get(call.integer("message_id"))
        if not message:
            raise bad("message to edit not found")
        if message.get("from", {}).get("id") != self.bot.user["id"]:
            raise bad("message can't be edited")
        return message

    def do_editMessageText(self, call: Call):
        message, text = self._own(call), self._text(call, "text", TEXT_LIMIT, "message is too long")
        if not text:
            raise bad("message text is empty")
        if message.get("text") == text:
            raise bad("message is not modified: specified new message content and reply markup are exactly the same as a current content"
                      " and reply markup of the message")
        message |= {"text": text, "edit_date": int(self.bot.clock.now())}
        return message

    def do_editMessageCaption(self, call: Call):
        message = self._own(call)
        message |= {"caption": self._text(call, "caption", CAPTION_LIMIT, "message caption is too long"), "edit_date": int(self.bot.clock.now())}
        return message

    def do_deleteMessage(self, call: Call):
        chat = self._to(call)
        message = chat.messages.get(call.integer("message_id"))
        if not message:
            raise bad("message to delete not found")
        if self.bot.clock.now() - message["date"] > 48 * 3600:
            raise bad("message can't be deleted for everyone")
        del chat.messages[message["message_id"]]
        return True

    def do_setMessageReaction(self, call: Call):
        chat, reaction = self._to(call), call.object("reaction") or []
        if call.integer("message_id") not in chat.messages:
            raise bad("message to react not found")
        if len(reaction) > 1:
            raise bad("REACTIONS_TOO_MANY")
        chat.reactions[call.integer("message_id")] = reaction
        return True

    def do_answerCallbackQuery(self, call: Call):
        if call.get("callback_query_id") not in self.bot.queries:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if utf16_length(str(call.get("text", ""))) > CALLBACK_ANSWER_LIMIT:
            raise bad("MESSAGE_TOO_LONG")
        self.bot.queries.discard(call["callback_query_id"])
        self.bot.answers.append(dict(call.parameters))
        return True

    def do_leaveChat(self, call: Call):
        chat = self._to(call)
        if chat.type == "private":
            raise bad("chat member status can't be changed in private chats")
        chat.bot_is_member, chat.blocked = False, f"bot is not a member of the {chat.type} chat"
        return True

    # ---- files

    def do_getFile(self, call: Call):
        file = self.bot.files.get(str(call.get("file_id", "")))
        if not file:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if file.size > DOWNLOAD_LIMIT:
            raise bad("file is too big")
        folder = "photos" if file.mime.startswith("image/") else "documents"
        return file.shown(file_path=self.bot.link_to(file, folder))
