/** An account as a form and back. */
import type { Account } from '../../api/types';
import { clean, type JsonObject, type Schema } from '../schema-form/schema';

export interface AccountForm {
  id: string;
  channel: string;
  name: string;
  inboxId: string;
  enabled: boolean;
  config: JsonObject;
  allowCidrs: string[];
}

export function toForm(account: Account | null, channel = ''): AccountForm {
  return {
    id: account?.id ?? '',
    channel: account?.channel ?? channel,
    name: account?.name ?? '',
    inboxId: account?.inboxId ?? '',
    enabled: account?.enabled ?? true,
    config: (account?.config ?? {}) as JsonObject,
    allowCidrs: [...(account?.egress?.allowCidrs ?? [])]
  };
}

/** An id that looks like the name: what the API takes, a-z, 0-9 and -, at most 40. */
export const idFrom = (name: string): string =>
  name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40).replace(/-+$/, '');

/** Only what differs from what the form started with. The settings go whole; a secret nobody touched is not among them. */
export function changesOf(form: AccountForm, started: AccountForm, schema: Schema) {
  const config = clean(schema, form.config) as JsonObject;
  const egress = { allowCidrs: form.allowCidrs };
  return {
    ...(form.name.trim() !== started.name ? { name: form.name.trim() } : {}),
    ...(form.inboxId !== started.inboxId ? { inboxId: form.inboxId || null } : {}),
    ...(form.enabled !== started.enabled ? { enabled: form.enabled } : {}),
    ...(JSON.stringify(config) !== JSON.stringify(clean(schema, started.config)) ? { config } : {}),
    ...(JSON.stringify(form.allowCidrs) !== JSON.stringify(started.allowCidrs) ? { egress } : {})
  };
}
