// The messages: what the server told, then what still waits here; day lines, names, ticks. A live log for screen readers.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Pending } from '../core/outbox.ts';
import type { Entry } from '../core/types.ts';
import { Attachments } from './attachments.tsx';
import { focusComposer } from './composer.tsx';
import { Icon } from './icons.tsx';
import { linked } from './links.tsx';
import type { Shared } from './view.tsx';

const kTogetherMs = 5 * 60_000; // messages of one author within this stand together
const kNearEndPx = 60;

interface Row {
  key: string;
  own: boolean;
  author: string;
  at: number;
  entry: Entry | null;
  pending: Pending | null;
}

function rowsOf({ chat, texts }: Shared): Row[] {
  const told: Row[] = chat.timeline.list().map((entry) => ({
    key: entry.clientId ?? entry.id,
    own: entry.direction === 'inbound',
    author: entry.author.name || texts.someone,
    at: Date.parse(entry.createdAt),
    entry,
    pending: null,
  }));
  const waiting: Row[] = chat.outbox.list().map((pending) => ({
    key: pending.clientId,
    own: true,
    author: '',
    at: pending.at,
    entry: null,
    pending,
  }));
  return [...told, ...waiting];
}

export function Log({ shared, away }: { shared: Shared; away: boolean }) {
  const { chat, texts, language } = shared;
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [behind, setBehind] = useState(false);
  const rows = rowsOf(shared);

  function toEnd() {
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }

  function look() {
    const box = log.current;
    if (!box) return;
    atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < kNearEndPx;
    if (atEnd.current) setBehind(false);
    if (atEnd.current && chat.open && !document.hidden) chat.seen();
  }

  const newest = chat.timeline.list().at(-1)?.id;
  const written = chat.outbox.list().at(-1)?.clientId;
  useLayoutEffect(toEnd, [written]);
  useLayoutEffect(() => {
    if (atEnd.current) toEnd();
    else setBehind(true);
  }, [newest]);
  useLayoutEffect(() => {
    if (atEnd.current) toEnd();
  });
  useEffect(look, [newest, chat.open, chat.line.state]);
  useEffect(() => {
    const again = () => {
      if (atEnd.current) toEnd();
      look();
    };
    document.addEventListener('visibilitychange', again);
    const size = new ResizeObserver(again); // the keyboard of a phone, a growing composer
    if (log.current) size.observe(log.current);
    return () => {
      document.removeEventListener('visibilitychange', again);
      size.disconnect();
    };
  }, []);

  return (
    <div class="log-frame">
      <div class="log" ref={log} role="log" aria-label={texts.log} aria-busy={!chat.loaded && chat.line.state === 'connecting'}
        tabIndex={0} onScroll={look} data-part="log">
        {chat.settings.greeting && (
          <div class="row" data-part="greeting">
            <div class="bubble" dir="auto">{linked(chat.settings.greeting, texts)}</div>
          </div>
        )}
        {away && <Away shared={shared} />}
        {rows.map((row, at) => {
          const before = rows[at - 1];
          const after = rows[at + 1];
          const newDay = !before || !sameDay(before.at, row.at);
          const first = newDay || !before || !together(before, row);
          const final = !after || !together(row, after) || !sameDay(row.at, after.at);
          return (
            <MessageRow key={row.key} row={row} shared={shared} first={first} final={final}
              day={newDay ? dayText(row.at, chat.now(), language, shared) : ''} />
          );
        })}
        {chat.typingName !== null && (
          <div class="row" data-part="typing">
            <div class="bubble typing">
              <span class="hidden">{texts.typing(chat.typingName || texts.someone)}</span>
              <i /><i /><i />
            </div>
          </div>
        )}
        {chat.ended && <p class="line" data-part="ended">{texts.ended}</p>}
      </div>
      {behind && (
        <button type="button" class="newest" onClick={() => {
          toEnd();
          focusComposer();
        }}>
          <Icon name="down" /> {texts.newest}
        </button>
      )}
    </div>
  );
}

function Away({ shared: { chat, texts, language } }: { shared: Shared }) {
  const back = chat.backAt();
  const soon = back !== null && back - chat.now() < 6 * 24 * 3_600_000;
  const format = new Intl.DateTimeFormat(language, {
    weekday: 'long', hour: '2-digit', minute: '2-digit', ...(!soon && { day: 'numeric', month: 'long' }),
  });
  return (
    <div class="row" data-part="away">
      <div class="bubble" dir="auto">
        {chat.settings.offlineText || texts.away} {back !== null && texts.back(format.format(back))}
        {!chat.settings.offlineText && ' ' + texts.leave}
      </div>
    </div>
  );
}

function MessageRow({ row, shared, first, final, day }: {
  row: Row; shared: Shared; first: boolean; final: boolean; day: string;
}) {
  const { chat, texts, language } = shared;
  const text = row.entry?.text ?? row.pending?.text ?? '';
  const attachments = row.entry?.attachments ?? [];
  const uploads = row.pending?.uploads ?? [];
  const state = row.pending?.state ?? (row.entry?.status === 'read' ? 'read' : 'sent');
  return (
    <>
      {day && <p class="line day">{day}</p>}
      <div class={`row ${row.own ? 'own' : ''} ${first ? 'first' : ''}`} data-part="message" data-state={row.own ? state : undefined}
        data-direction={row.own ? 'inbound' : 'outbound'}>
        {row.own ? <span class="hidden">{texts.you}: </span> : first ? <p class="author">{row.author}</p> : null}
        {text && <div class="bubble" dir="auto">{linked(text, texts)}</div>}
        {row.entry && attachments.length > 0 && <Attachments shared={shared} entry={row.entry} />}
        {uploads.map((upload) => (
          <div class="card" key={upload.id}><Icon name="file" /><span class="file-name" dir="auto">{upload.name}</span></div>
        ))}
        {(final || state === 'failed' || state === 'waiting') && (
          <p class="meta">
            <time dateTime={new Date(row.at).toISOString()}>
              {new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' }).format(row.at)}
            </time>
            {row.own && (
              <span class={'tick ' + state} title={texts[state]}>
                <Icon name={state} />
                <span class={state === 'failed' ? '' : 'hidden'}>{texts[state]}</span>
              </span>
            )}
          </p>
        )}
        {row.pending && state === 'failed' && (
          <p class="failure">
            <span dir="auto">{row.pending.error}</span>{' '}
            <button type="button" class="link" onClick={() => {
              chat.retry(row.key);
              focusComposer();
            }}>{texts.retry}</button>{' '}
            <button type="button" class="link" onClick={() => {
              chat.discard(row.key);
              focusComposer();
            }}>{texts.discard}</button>
          </p>
        )}
      </div>
    </>
  );
}

function together(one: Row, other: Row): boolean {
  return one.own === other.own && one.author === other.author && Math.abs(other.at - one.at) < kTogetherMs;
}

function sameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

function dayText(at: number, now: number, language: string, { texts }: Shared): string {
  if (sameDay(at, now)) return texts.today;
  if (sameDay(at, now - 24 * 3_600_000)) return texts.yesterday;
  return new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(at);
}
