// Files on their way into the next message: checked against the account's limits, uploaded at once, held by the composer.
import type { Texts } from '../core/texts.ts';
import type { Settings } from '../core/types.ts';
import type { Uploaded } from './api.ts';
import type { Chat } from './chat.ts';

const kFilesInOneMessage = 10;

export interface Upload {
  key: number;
  file: File;
  share: number; // 0..1
  done: Uploaded | null;
  error: string;
  abort: () => void;
}

export function sizeText(bytes: number, language: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let at = 0;
  let value = bytes;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return new Intl.NumberFormat(language, {
    style: 'unit', unit: units[at]!, unitDisplay: 'short', maximumFractionDigits: value < 10 && at > 0 ? 1 : 0,
  }).format(value);
}

/** `image/*`, `application/pdf` or `.csv`, as an <input accept> has it; no types at all allow all. */
export function typeAllowed(types: string[], name: string, mime: string): boolean {
  if (types.length === 0) return true;
  return types.some((type) => {
    if (type.startsWith('.')) return name.toLowerCase().endsWith(type.toLowerCase());
    if (type.endsWith('/*')) return mime.startsWith(type.slice(0, -1));
    return type === mime;
  });
}

export class Uploads {
  list: Upload[] = [];
  problem = '';
  private nextKey_ = 1;

  constructor(
    private chat_: Chat,
    private settings_: Settings['attachments'],
    private texts_: Texts,
    private language_: string,
    private changed_: () => void,
  ) {}

  add(files: Iterable<File>): void {
    this.problem = '';
    for (const file of files) {
      if (this.list.length >= kFilesInOneMessage) this.problem = this.texts_.tooMany(kFilesInOneMessage);
      else if (file.size > this.settings_.maxBytes)
        this.problem = this.texts_.tooLarge(file.name, sizeText(this.settings_.maxBytes, this.language_));
      else if (!typeAllowed(this.settings_.types, file.name, file.type)) this.problem = this.texts_.wrongType(file.name);
      else this.begin_(file);
    }
    this.changed_();
  }

  remove(key: number): void {
    this.list.find((upload) => upload.key === key)?.abort();
    this.list = this.list.filter((upload) => upload.key !== key);
    this.changed_();
  }

  retry(key: number): void {
    const upload = this.list.find((candidate) => candidate.key === key);
    if (!upload) return;
    this.list = this.list.filter((candidate) => candidate.key !== key);
    this.begin_(upload.file);
    this.changed_();
  }

  ready(): boolean {
    return this.list.every((upload) => upload.done !== null);
  }

  /** Hands over what is uploaded, for the message that takes it. */
  take(): Uploaded[] {
    const done = this.list.flatMap((upload) => (upload.done ? [upload.done] : []));
    this.list = [];
    this.problem = '';
    return done;
  }

  private begin_(file: File): void {
    const upload: Upload = { key: this.nextKey_++, file, share: 0, done: null, error: '', abort: () => {} };
    this.list.push(upload);
    void this.run_(upload);
  }

  private async run_(upload: Upload): Promise<void> {
    try {
      const token = await this.chat_.ensureToken();
      const request = this.chat_.api.upload(token, upload.file, (share) => {
        upload.share = share;
        this.changed_();
      });
      upload.abort = request.abort;
      upload.done = await request.done;
    } catch (error) {
      const refused = (error as { status?: number }).status;
      upload.error =
        refused === 413 || refused === 415 || refused === 422
          ? (error as Error).message
          : this.texts_.uploadFailed(upload.file.name);
    }
    this.changed_();
  }
}
