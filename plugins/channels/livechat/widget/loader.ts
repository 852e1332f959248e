// widget.js: the one tag on a site's page. Draws the button in a closed shadow root, takes the page's calls, and makes the
// frame only when it is wanted. Nothing global except `Usher`; a slow or dead server never delays the page.
import { kSheet } from './button.ts';
import type { Attributes, Envelope, ToFrame, ToPage } from './core/bridge.ts';
import type { Identity, Page, Settings } from './core/types.ts';

declare const __USHER_SETTINGS__: Settings; // put in by the plugin while serving: no request, no script policy in the way

type Call = [command: string, ...args: unknown[]];
type Listener = (detail?: unknown) => void;
interface Usher {
  (...call: Call): unknown;
  q?: ArrayLike<unknown>[]; // calls made before this script came
  live?: boolean;
}

const kTexts = {
  en: { open: 'Open chat', close: 'Close chat', frame: 'Chat', unread: (n: number) => (n === 1 ? '1 new message' : n + ' new messages') },
  de: { open: 'Chat öffnen', close: 'Chat schließen', frame: 'Chat', unread: (n: number) => (n === 1 ? '1 neue Nachricht' : n + ' neue Nachrichten') },
};
const kFrameWithinMs = 15_000;
const kNarrow = '(max-width: 479.98px)';

function start(script: HTMLScriptElement, before: ArrayLike<unknown>[]): Usher {
  const settings = __USHER_SETTINGS__;
  const base = new URL('.', script.src);
  const language = () => document.documentElement.lang || navigator.language;
  const wanted = settings.language === 'auto' ? language() : settings.language;
  const texts = wanted.toLowerCase().startsWith('de') ? kTexts.de : kTexts.en;
  const listeners = new Map<string, Set<Listener>>();
  const flag = 'usher:' + settings.account;

  let frame: HTMLIFrameElement | null = null;
  let frameReady = false;
  let isOpen = false;
  let ending = false;
  let unread = 0;
  let identity: Identity | null = null;
  let attributes: Attributes = {};
  let page: Page = pageNow();

  const host = document.createElement('usher-chat');
  const shadow = host.attachShadow({ mode: 'closed' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(kSheet);
  shadow.adoptedStyleSheets = [sheet];
  host.dataset.position = settings.position;
  const button = document.createElement('button');
  const badge = document.createElement('span');
  badge.setAttribute('aria-hidden', 'true');
  button.type = 'button';
  button.append(icon('M21 11.5a8.4 8.4 0 0 1-9 8.3 9 9 0 0 1-3.6-.8L3 20.5l1.6-4.6A8 8 0 0 1 3.5 11.5 8.5 8.5 0 0 1 12.2 3 8.5 8.5 0 0 1 21 11.5z', 'chat'), icon('m6 9 6 6 6-6', 'down'), badge);
  button.style.setProperty('--light', settings.accent.light);
  button.style.setProperty('--dark', settings.accent.dark);
  button.style.colorScheme = settings.theme === 'system' ? 'light dark' : settings.theme;
  shadow.append(button);
  drawButton();
  document.documentElement.append(host);

  function icon(path: string, name: string): SVGSVGElement {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    svg.classList.add(name);
    line.setAttribute('d', path);
    svg.append(line);
    return svg;
  }

  function drawButton(): void {
    const label = isOpen ? texts.close : texts.open + (unread ? ', ' + texts.unread(unread) : '');
    button.setAttribute('aria-label', label);
    button.setAttribute('aria-expanded', String(isOpen));
    button.title = isOpen ? texts.close : texts.open;
    badge.textContent = unread > 99 ? '99+' : String(unread || '');
    host.toggleAttribute('data-open', isOpen);
    host.dataset.unread = String(unread);
  }

  function pageNow(): Page {
    return { url: location.href.slice(0, 2000), title: document.title.slice(0, 200) };
  }

  function remember(storage: 'localStorage' | 'sessionStorage', key: string, value: string | null): string | null {
    try {
      if (value === null) return window[storage].getItem(key);
      if (value === '') window[storage].removeItem(key);
      else window[storage].setItem(key, value);
    } catch {
      // Storage refused: the next page starts without it.
    }
    return null;
  }

  function emit(event: string, detail?: unknown): void {
    for (const listener of listeners.get(event) ?? []) {
      try {
        listener(detail);
      } catch (error) {
        setTimeout(() => {
          throw error; // the page's own fault, told as such
        });
      }
    }
  }

  // ---- the frame ---------------------------------------------------------------------------------------------

  function tell(message: ToFrame): void {
    if (frameReady) frame?.contentWindow?.postMessage({ usher: settings.account, message } satisfies Envelope<ToFrame>, base.origin);
  }

  function makeFrame(): void {
    if (frame) return;
    const made = document.createElement('iframe');
    frame = made;
    made.title = settings.title || texts.frame;
    made.src = base.href + 'frame#origin=' + encodeURIComponent(location.origin);
    made.allow = 'clipboard-write';
    shadow.append(made);
    watchPage();
    setTimeout(() => {
      if (frame !== made || frameReady) return;
      const text = `the chat could not be loaded; is ${location.origin} among the allowed_origins of account ${settings.account}?`;
      console.error('Usher: ' + text);
      emit('error', text);
    }, kFrameWithinMs);
  }

  function dropFrame(): void {
    frame?.remove();
    frame = null;
    frameReady = ending = false;
    unread = 0;
    drawButton();
  }

  function heard(message: ToPage): void {
    switch (message.type) {
      case 'hello':
        frameReady = true;
        page = pageNow();
        tell({ type: 'init', language: language(), page, identity, attributes, open: false });
        if (ending) tell({ type: 'shutdown' });
        break;
      case 'ready':
        if (isOpen) tell({ type: 'open', focus: takeFocus });
        break;
      case 'close':
        close(true);
        break;
      case 'unread':
        unread = message.count;
        drawButton();
        emit('unread', unread);
        break;
      case 'message':
        emit('message');
        break;
      case 'history':
        remember('localStorage', flag, 'history');
        break;
      case 'error':
        emit('error', message.text);
        break;
      case 'gone':
        dropFrame();
        break;
    }
  }

  let takeFocus = true;
  function open(focus: boolean): void {
    if (isOpen) return;
    isOpen = true;
    takeFocus = focus;
    remember('sessionStorage', flag, 'open');
    makeFrame();
    frame!.classList.add('open');
    drawButton();
    if (focus) frame!.focus();
    tell({ type: 'open', focus });
    emit('open');
  }

  function close(focus: boolean): void {
    if (!isOpen) return;
    isOpen = false;
    remember('sessionStorage', flag, '');
    frame?.classList.remove('open');
    drawButton();
    if (focus) button.focus();
    tell({ type: 'close' });
    emit('close');
  }

  function shutdown(): void {
    identity = null;
    attributes = {};
    close(false);
    const known = frame !== null || remember('localStorage', flag, null) !== null;
    remember('localStorage', flag, '');
    if (!known) return;
    ending = true; // what the frame keeps can be cleared by the frame alone
    makeFrame();
    tell({ type: 'shutdown' });
  }

  // ---- the page ----------------------------------------------------------------------------------------------

  let watching = false;
  function watchPage(): void {
    if (watching) return;
    watching = true;
    const look = () => setTimeout(() => {
      const now = pageNow();
      if (now.url === page.url && now.title === page.title) return;
      page = now;
      tell({ type: 'page', page });
    });
    const routes = (window as { navigation?: EventTarget }).navigation;
    if (routes) routes.addEventListener('navigatesuccess', look);
    else setInterval(look, 1000); // never by patching the page's own functions
    window.addEventListener('popstate', look);
    window.addEventListener('hashchange', look);
  }

  function run(...[command, first, second]: Call): unknown {
    switch (command) {
      case 'open':
        return open(true);
      case 'close':
        return close(false);
      case 'identify':
        identity = first as Identity;
        return tell({ type: 'identify', identity });
      case 'attributes':
        attributes = { ...attributes, ...(first as Attributes) };
        return tell({ type: 'attributes', attributes });
      case 'page':
        page = { ...pageNow(), ...(first as Partial<Page> | undefined) };
        return tell({ type: 'page', page });
      case 'shutdown':
        return shutdown();
      case 'on': {
        const event = String(first);
        const listener = second as Listener;
        if (typeof listener !== 'function') throw new TypeError("Usher('on', event, fn): fn is not a function");
        listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
        if (event === 'ready') listener();
        return () => listeners.get(event)?.delete(listener);
      }
      default:
        return console.error(`Usher: no such call: ${String(command)}; there are open, close, identify, attributes, page, shutdown and on`);
    }
  }

  window.addEventListener('message', (event: MessageEvent<Envelope<ToPage> | null>) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== base.origin) return;
    if (event.data?.usher === settings.account) heard(event.data.message);
  });
  button.addEventListener('click', () => (isOpen ? close(true) : open(true)));
  button.addEventListener('pointerenter', makeFrame);
  button.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close(true);
  });

  const usher: Usher = (...call) => run(...call);
  usher.live = true;
  window.Usher = usher;
  for (const call of before) {
    try {
      run(...(Array.from(call) as Call));
    } catch (error) {
      console.error('Usher: ' + String(error));
    }
  }
  if (remember('localStorage', flag, null) && !ending) makeFrame();
  if (remember('sessionStorage', flag, null) && !matchMedia(kNarrow).matches) open(false);
  return usher;
}

declare global {
  interface Window {
    Usher?: Usher;
  }
}

const script = document.currentScript as HTMLScriptElement | null;
if (script && !window.Usher?.live) start(script, window.Usher?.q ?? []);
