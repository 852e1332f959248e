// The form before the first message: the account's fields, without those we know already.
import { useState } from 'preact/hooks';
import type { Texts } from '../core/texts.ts';
import type { Claims, Field } from '../core/types.ts';
import { focusComposer } from './composer.tsx';
import type { Shared } from './view.tsx';

type Answers = Record<string, string | boolean>;

/** Outside working hours an address for the answer is asked for as well. */
export function fieldsToAsk(fields: Field[], known: Claims, away: boolean, texts: Texts): Field[] {
  const asked = away && !fields.some((field) => field.key === 'email')
    ? [...fields, { key: 'email', label: texts.email, type: 'email' as const, required: false, options: [] }]
    : fields;
  return asked.filter((field) => {
    const value = known[field.key as 'name' | 'email' | 'phone'] ?? known.attributes?.[field.key];
    return value === undefined || value === '';
  });
}

export function problemOf(field: Field, value: string | boolean | undefined, texts: Texts): string {
  if (field.type === 'consent') return field.required && value !== true ? texts.consentNeeded : '';
  const text = typeof value === 'string' ? value.trim() : '';
  if (!text) return field.required ? texts.required : '';
  if (field.type === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)) return texts.badEmail;
  if (field.type === 'phone' && !/^\+?[\d\s().-]{6,24}$/.test(text)) return texts.badPhone;
  return '';
}

const kInput = {
  text: { type: 'text', autocomplete: 'off' },
  email: { type: 'email', autocomplete: 'email' },
  phone: { type: 'tel', autocomplete: 'tel' },
} as const;

export function Form({ shared: { chat, texts }, fields, away }: { shared: Shared; fields: Field[]; away: boolean }) {
  const [answers, setAnswers] = useState<Answers>({});
  const [tried, setTried] = useState(false);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setTried(true);
    const bad = fields.find((field) => problemOf(field, answers[field.key], texts));
    if (bad) {
      (event.currentTarget as HTMLFormElement).querySelector<HTMLElement>(`[name="${CSS.escape(bad.key)}"]`)?.focus();
      return;
    }
    const given = Object.entries(answers).map(([key, value]) => [key, typeof value === 'string' ? value.trim() : value]);
    focusComposer();
    chat.submitForm(Object.fromEntries(given.filter(([, value]) => value !== '')) as Answers);
  }

  return (
    <form class="form" noValidate onSubmit={submit} aria-label={texts.form} data-part="form">
      {fields.map((field) => {
        const id = 'field-' + field.key;
        const problem = tried ? problemOf(field, answers[field.key], texts) : '';
        const common = {
          id, name: field.key, required: field.required, 'aria-invalid': problem ? true : undefined,
          'aria-describedby': problem ? id + '-problem' : undefined,
        };
        const set = (value: string | boolean) => setAnswers((before) => ({ ...before, [field.key]: value }));
        const value = String(answers[field.key] ?? '');
        const hint = problem && <p class="problem" id={id + '-problem'}>{problem}</p>;
        if (field.type === 'consent') {
          return (
            <div class="field" key={field.key}>
              <label class="consent" for={id}>
                <input {...common} type="checkbox" checked={answers[field.key] === true}
                  onChange={(event) => set(event.currentTarget.checked)} />
                <span>{field.label}</span>
              </label>
              {hint}
            </div>
          );
        }
        return (
          <div class="field" key={field.key}>
            <label for={id}>
              {field.label} {!field.required && <span class="dim">({texts.optional})</span>}
            </label>
            {field.type === 'choice' ? (
              <select {...common} value={value} onChange={(event) => set(event.currentTarget.value)}>
                <option value="">{texts.choose}</option>
                {field.options.map((option) => <option key={option} value={option}>{option}</option>)}
              </select>
            ) : (
              <input {...common} {...kInput[field.type]} autocomplete={field.key === 'name' ? 'name' : kInput[field.type].autocomplete}
                maxLength={200} value={value} onInput={(event) => set(event.currentTarget.value)} />
            )}
            {hint}
          </div>
        );
      })}
      <button type="submit" class="primary">{away ? texts.leaveMessage : texts.start}</button>
    </form>
  );
}
