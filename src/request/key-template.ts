/**
 * Object keys with placeholders: `nightly/{date}/{name}.{format}`.
 *
 * @module
 */
import { KEY_PLACEHOLDERS } from '../contract';

export type KeyPlaceholder = (typeof KEY_PLACEHOLDERS)[number];
export type KeyValues = { [placeholder in KeyPlaceholder]: string };

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** What is wrong with a template, as what would be right; null when it can be expanded. */
export function templateProblem(template: string): string | null {
  const known = KEY_PLACEHOLDERS.map((placeholder) => `{${placeholder}}`).join(', ');
  const unknown = [...template.matchAll(PLACEHOLDER)].find(([, word]) => !isPlaceholder(word));
  if (unknown !== undefined) return `no placeholder ${unknown[0]}; known are ${known}`;
  // No object key of an export may have a brace, so one is meant as a placeholder.
  return /[{}]/.test(template.replace(PLACEHOLDER, '')) ? `braces in pairs, each a placeholder of ${known}` : null;
}

/** True when the key is not the same for every image name. */
export function uses(template: string, placeholder: KeyPlaceholder): boolean {
  return template.includes(`{${placeholder}}`);
}

/** @param template one without a {@link templateProblem} */
export function expandTemplate(template: string, values: KeyValues): string {
  return template.replace(PLACEHOLDER, (_all, word: KeyPlaceholder) => values[word]);
}

/**
 * A name as a part of an object key: the cloud takes letters, digits, hyphens, dots and underscores there (IMG.0075), so
 * any run of other characters is one underscore.
 *
 * @example keyPart('CentOS 7.5 64bit') // 'CentOS_7.5_64bit'
 */
export function keyPart(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '_');
}

/** `{date}` and `{time}` of a moment, in UTC: `2026-11-27` and `023000`. */
export function dateAndTime(startedAt: string): Pick<KeyValues, 'date' | 'time'> {
  const [date = '', time = ''] = new Date(startedAt).toISOString().split('T');
  return { date, time: time.slice(0, 8).replaceAll(':', '') };
}

function isPlaceholder(word: string | undefined): word is KeyPlaceholder {
  return (KEY_PLACEHOLDERS as readonly (string | undefined)[]).includes(word);
}
