// Where the visitor writes: Enter sends, Shift+Enter breaks the line; files by button, paste or drop.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icons.tsx';
import { sizeText, type Uploads } from './uploads.ts';
import type { Shared } from './view.tsx';

/** For whatever goes away while it has the focus. After the drawing, as the composer may only come with it. */
export function focusComposer(): void {
  setTimeout(() => document.getElementById('composer')?.focus());
}

export function Composer({ shared, uploads }: { shared: Shared; uploads: Uploads }) {
  const { chat, texts, language } = shared;
  const { attachments, maxTextLength } = chat.settings;
  const [text, setText] = useState(() => chat.draft);
  const input = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const limit = texts.attachLimit(sizeText(attachments.maxBytes, language));
  const tooLong = [...text].length > maxTextLength;
  const sendable = (text.trim() !== '' || uploads.list.length > 0) && uploads.ready() && !tooLong;
  const problem = uploads.problem || (tooLong ? texts.tooLong(maxTextLength) : '');

  useLayoutEffect(() => {
    const box = input.current;
    if (!box) return;
    box.style.height = 'auto';
    box.style.height = box.scrollHeight + 2 + 'px'; // the stylesheet holds it below its largest
  }, [text]);
  useEffect(() => {
    chat.draft = text;
  }, [text]);

  function send() {
    if (!sendable) return;
    chat.sendMessage(text.trim(), uploads.take());
    setText('');
    input.current?.focus();
  }

  function keyDown(event: KeyboardEvent) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  }

  function paste(event: ClipboardEvent) {
    const files = event.clipboardData?.files;
    if (!attachments.enabled || !files?.length) return;
    event.preventDefault();
    uploads.add(files);
  }

  return (
    <form class="composer" data-part="composer" onSubmit={(event) => {
      event.preventDefault();
      send();
    }}>
      {uploads.list.length > 0 && (
        <ul class="uploads">
          {uploads.list.map((upload) => (
            <li key={upload.key} class={upload.error ? 'bad' : ''} data-part="upload" data-state={upload.done ? 'done' : upload.error ? 'failed' : 'running'}>
              <Icon name="file" />
              <span class="file-name" dir="auto">{upload.file.name}</span>
              <span class="file-size">
                {upload.error || (upload.done ? sizeText(upload.file.size, language) : '')}
              </span>
              {!upload.done && !upload.error && (
                <progress value={upload.share} max={1} aria-label={texts.uploading(upload.file.name)} />
              )}
              {upload.error && (
                <button type="button" class="link" onClick={() => uploads.retry(upload.key)}>{texts.retry}</button>
              )}
              <button type="button" class="icon-button" aria-label={texts.remove(upload.file.name)} onClick={() => {
                uploads.remove(upload.key);
                input.current?.focus();
              }}>
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {problem && <p class="problem" role="alert">{problem}</p>}
      <div class="line-up">
        {attachments.enabled && (
          <>
            <button type="button" class="icon-button" data-part="attach" aria-label={`${texts.attach} (${limit})`} title={`${texts.attach} (${limit})`}
              onClick={() => picker.current?.click()}>
              <Icon name="attach" />
            </button>
            <input ref={picker} type="file" multiple hidden tabIndex={-1} accept={attachments.types.join(',')} onChange={(event) => {
              uploads.add(event.currentTarget.files ?? []);
              event.currentTarget.value = '';
              input.current?.focus();
            }} />
          </>
        )}
        <textarea ref={input} id="composer" rows={1} dir="auto" aria-label={texts.compose} placeholder={texts.compose} value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            if (event.currentTarget.value.trim()) chat.typing();
          }}
          onKeyDown={keyDown} onPaste={paste} />
        <button type="submit" class="icon-button send" data-part="send" aria-label={texts.send} title={texts.send} disabled={!sendable}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
