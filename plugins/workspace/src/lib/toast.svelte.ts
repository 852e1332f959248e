/** Short notices in the corner. Errors stay until closed. */
export interface Toast {
  id: number;
  kind: 'info' | 'ok' | 'error';
  text: string;
  action?: { label: string; run: () => void };
}

class Toasts {
  items = $state<Toast[]>([]);
  #next = 1;

  show(kind: Toast['kind'], text: string, action?: Toast['action']): void {
    const id = this.#next++;
    this.items = [...this.items.slice(-3), { id, kind, text, action }];
    if (kind !== 'error') setTimeout(() => this.close(id), 6000);
  }

  info = (text: string, action?: Toast['action']) => this.show('info', text, action);
  ok = (text: string, action?: Toast['action']) => this.show('ok', text, action);
  error = (text: string, action?: Toast['action']) => this.show('error', text, action);

  close(id: number): void {
    this.items = this.items.filter((t) => t.id !== id);
  }
}

export const toasts = new Toasts();
