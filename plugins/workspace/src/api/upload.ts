/** Uploads one file with progress; fetch cannot tell how far it is. */
import { address, getCsrfToken } from './client';
import { ApiError, readError } from './errors';
import type { Attachment } from './types';

export interface Upload {
  done: Promise<Attachment>;
  cancel(): void;
}

export function upload(file: File, onProgress: (fraction: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<Attachment>((resolve, reject) => {
    request.open('POST', address('/attachments', { name: file.name || 'file' }));
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    const token = getCsrfToken();
    if (token) request.setRequestHeader('X-CSRF-Token', token);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    request.onerror = () => reject(new ApiError(0, 'offline', 'The connection was lost while uploading.'));
    request.onabort = () => reject(new ApiError(0, 'cancelled', 'Cancelled.'));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        onProgress(1);
        try {
          resolve((JSON.parse(request.responseText) as { data: Attachment }).data);
        } catch (reason) {
          reject(new ApiError(request.status, 'bad_answer', (reason as Error).message));
        }
      } else {
        reject(readError(request.status, request.responseText, (name) => request.getResponseHeader(name)));
      }
    };
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}
