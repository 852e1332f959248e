// Files in a message: images in a box of known size, others as cards. Their addresses are signed and expire, so an old
// one is asked for anew before it is used.
import { useRef, useState } from 'preact/hooks';
import type { Attachment, Entry } from '../core/types.ts';
import { Icon } from './icons.tsx';
import { sizeText } from './uploads.ts';
import type { Shared } from './view.tsx';

const kFreshMs = 4 * 60_000;

export function Attachments({ shared, entry }: { shared: Shared; entry: Entry }) {
  return (
    <>
      {entry.attachments.map((attachment) => (
        <One key={attachment.id} shared={shared} entry={entry} attachment={attachment} />
      ))}
    </>
  );
}

function One({ shared, entry, attachment }: { shared: Shared; entry: Entry; attachment: Attachment }) {
  const loadedAt = useRef({ url: attachment.url, at: Date.now() });
  if (loadedAt.current.url !== attachment.url) loadedAt.current = { url: attachment.url, at: Date.now() };
  const [broken, setBroken] = useState('');
  const image = attachment.mimeType.startsWith('image/') && attachment.mimeType !== 'image/svg+xml' && broken !== attachment.url;
  const size = sizeText(attachment.sizeBytes, shared.language);

  async function open(event: MouseEvent) {
    if (Date.now() - loadedAt.current.at < kFreshMs) return;
    event.preventDefault();
    const link = event.currentTarget as HTMLAnchorElement;
    const fresh = await shared.chat.refresh(entry).catch(() => entry);
    link.href = fresh.attachments.find((candidate) => candidate.id === attachment.id)?.url ?? attachment.url;
    loadedAt.current = { url: link.href, at: Date.now() };
    link.click();
  }

  function failed() {
    if (Date.now() - loadedAt.current.at < kFreshMs) setBroken(attachment.url);
    else void shared.chat.refresh(entry).catch(() => setBroken(attachment.url));
  }

  return (
    <a class={image ? 'picture' : 'card'} href={attachment.url} target="_blank" rel="noopener" onClick={open} data-part="attachment"
      aria-label={`${attachment.name}, ${size} (${shared.texts.newWindow})`}>
      {image ? (
        <img src={attachment.url} alt={attachment.name} loading="lazy" onError={failed} />
      ) : (
        <>
          <Icon name="file" />
          <span class="file-name" dir="auto">{attachment.name}</span>
          <span class="file-size">{size}</span>
        </>
      )}
    </a>
  );
}
