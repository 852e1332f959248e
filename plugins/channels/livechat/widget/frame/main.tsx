// Starts the frame: settings from the page, language and look, the bridge to the loader, the first drawing.
import { render } from 'preact';
import type { Envelope, ToFrame, ToPage } from '../core/bridge.ts';
import { known } from '../core/hours.ts';
import { browserStorage, Store } from '../core/storage.ts';
import { kTexts, languageOf } from '../core/texts.ts';
import type { Settings } from '../core/types.ts';
import { Api } from './api.ts';
import { Chat } from './chat.ts';
import { View } from './view.tsx';

const settings = JSON.parse(document.getElementById('settings')!.textContent!) as Settings;
settings.workingHours = known(settings.workingHours);
const root = document.documentElement;
const alone = window.parent === window; // opened as a page of its own: a link instead of a site's button
const siteOrigin = new URLSearchParams(location.hash.slice(1)).get('origin') ?? '';

const store = new Store(browserStorage(), settings.account);
const chat = new Chat(settings, new Api(new URL('.', location.href)), store, {
  unread: (count) => tell({ type: 'unread', count }),
  message: () => tell({ type: 'message' }),
  history: () => tell({ type: 'history' }),
  error: (text) => {
    console.error('Usher: ' + text);
    tell({ type: 'error', text });
  },
});

function tell(message: ToPage): void {
  // A wrong origin in the address delivers nothing: the browser compares it with the real one.
  if (!alone && siteOrigin) window.parent.postMessage({ usher: settings.account, message } satisfies Envelope<ToPage>, siteOrigin);
}

function look(language: string): void {
  root.dataset.theme = settings.theme;
  root.style.setProperty('--accent-light', settings.accent.light);
  root.style.setProperty('--accent-dark', settings.accent.dark);
  root.lang = language;
  document.title = settings.title || kTexts[language]!.chat;
}

function focusIn(): void {
  const wanted = document.querySelector<HTMLElement>('.form input, .form select, #composer') ?? document.querySelector<HTMLElement>('button');
  wanted?.focus();
}

function begin(pageLanguage: string): void {
  const language = languageOf(settings.language, pageLanguage, navigator.language);
  look(language);
  const close = alone ? null : () => {
    chat.setOpen(false);
    tell({ type: 'close' });
  };
  render(<View shared={{ chat, texts: kTexts[language]!, language }} onClose={close} />, document.getElementById('root')!);
  tell({ type: 'ready' });
}

function obey(message: ToFrame): void {
  switch (message.type) {
    case 'init':
      chat.init(message.page, message.identity, message.attributes);
      begin(message.language);
      if (message.open) chat.setOpen(true);
      break;
    case 'open':
      chat.setOpen(true);
      if (message.focus) focusIn();
      break;
    case 'close':
      chat.setOpen(false);
      break;
    case 'identify':
      chat.identify(message.identity);
      break;
    case 'attributes':
      chat.setAttributes(message.attributes);
      break;
    case 'page':
      chat.setPage(message.page);
      break;
    case 'shutdown':
      chat.shutdown();
      tell({ type: 'gone' });
      break;
  }
}

window.addEventListener('message', (event: MessageEvent<Envelope<ToFrame> | null>) => {
  if (event.source !== window.parent || event.origin !== siteOrigin) return;
  if (event.data?.usher === settings.account) obey(event.data.message);
});
window.addEventListener('online', () => chat.line.wake());
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) chat.line.wake();
});
window.addEventListener('pointerdown', () => chat.unlockSound(), { once: true });
window.addEventListener('keydown', () => chat.unlockSound(), { once: true });
window.addEventListener('storage', (event) => {
  if (event.key === store.prefix + 'visitor') chat.visitorChangedElsewhere();
});

if (alone) {
  obey({ type: 'init', language: '', page: { url: document.referrer || location.href, title: '' }, identity: null, attributes: {}, open: true });
  focusIn();
} else {
  tell({ type: 'hello' });
}
