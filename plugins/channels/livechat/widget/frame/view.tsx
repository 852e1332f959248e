// The whole chat: header, log, form or composer. Small parts stand in their own files.
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import type { Texts } from '../core/texts.ts';
import type { Chat } from './chat.ts';
import { Composer } from './composer.tsx';
import { fieldsToAsk, Form } from './form.tsx';
import { Icon } from './icons.tsx';
import { Log } from './log.tsx';
import { Uploads } from './uploads.ts';

export interface Shared {
  chat: Chat;
  texts: Texts;
  language: string;
}

const kCalmMs = 3000; // a short loss of the line is nobody's business

export function View({ shared, onClose }: { shared: Shared; onClose: (() => void) | null }) {
  const { chat, texts, language } = shared;
  const { settings } = chat;
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [uploads] = useState(() => new Uploads(chat, settings.attachments, texts, language, () => redraw(0)));
  const [dragging, setDragging] = useState(false);
  const root = useRef<HTMLDivElement>(null);

  useEffect(() => {
    chat.changed = () => redraw(0);
    const minute = setInterval(() => redraw(0), 30_000); // working hours begin and end
    return () => clearInterval(minute);
  }, []);
  const down = chat.lineDownSince > 0 && chat.line.state !== 'refused' && chat.outbox.list().length + chat.timeline.lastSeq() > 0;
  useEffect(() => {
    if (!down) return;
    const timer = setTimeout(() => redraw(0), kCalmMs + 50);
    return () => clearTimeout(timer);
  }, [down]);

  const away = chat.isAway();
  const asked = chat.formDone || chat.hasHistory() ? [] : fieldsToAsk(settings.preChatForm, chat.known(), away, texts);
  const refusal = chat.needsIdentity() ? texts.signIn : chat.line.state === 'refused' ? texts.refused : '';
  const canAttach = settings.attachments.enabled && !refusal && asked.length === 0;

  function drop(event: DragEvent) {
    if (!canAttach || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    setDragging(false);
    uploads.add(event.dataTransfer.files);
  }

  return (
    <div
      ref={root}
      class="chat"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.isComposing && onClose) onClose();
      }}
      onDragOver={(event) => {
        if (!canAttach || !event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={(event) => {
        if (!root.current?.contains(event.relatedTarget as Node | null)) setDragging(false);
      }}
      onDrop={drop}
    >
      <header class="head">
        <div class="titles">
          <h1>{settings.title || texts.chat}</h1>
          {(away || settings.subtitle) && <p>{away ? texts.away : settings.subtitle}</p>}
        </div>
        {onClose && (
          <button type="button" class="icon-button" data-part="close" aria-label={texts.close} title={texts.close} onClick={onClose}>
            <Icon name="close" />
          </button>
        )}
      </header>
      <main class="body">
        {down && Date.now() - chat.lineDownSince >= kCalmMs && (
          <p class="bar" role="status" data-part="offline">
            {texts.reconnecting}
          </p>
        )}
        <Log shared={shared} away={away} />
        {refusal ? (
          <p class="refusal" role="status" data-part="refused">
            {refusal}
          </p>
        ) : asked.length > 0 ? (
          <Form shared={shared} fields={asked} away={away} />
        ) : (
          <Composer shared={shared} uploads={uploads} />
        )}
      </main>
      {dragging && (
        <div class="drop" aria-hidden="true">
          {texts.drop}
        </div>
      )}
    </div>
  );
}
