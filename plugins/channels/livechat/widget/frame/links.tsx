// Plain text with its web addresses made links. Nothing else of it is ever markup.
import type { ComponentChildren } from 'preact';
import type { Texts } from '../core/texts.ts';

const kAddress = /https?:\/\/[^\s<>"]+/g;
const kTrailing = /[.,;:!?'")\]}]+$/;

export function linked(text: string, texts: Texts): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const match of text.matchAll(kAddress)) {
    const address = match[0].replace(kTrailing, '');
    parts.push(text.slice(end, match.index));
    parts.push(
      <a href={address} target="_blank" rel="noopener noreferrer nofollow" aria-label={`${address} (${texts.newWindow})`}>
        {address}
      </a>,
    );
    end = match.index + address.length;
  }
  parts.push(text.slice(end));
  return parts;
}
