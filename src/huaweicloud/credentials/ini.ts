import { withoutByteOrderMark } from './watched-file';

/** Its values count in every section that does not have them, as in Python. */
const DEFAULTS = 'DEFAULT';

/**
 * What a section of an INI file holds, by names in lower case; undefined where there is no such section. `name = value` and
 * `name: value` are the same. A line that is neither is a name without a value.
 */
export function sectionIn(text: string, wanted: string): ReadonlyMap<string, string> | undefined {
  const sections = new Map<string, Map<string, string>>();
  let current = DEFAULTS;
  for (const line of withoutByteOrderMark(text).split(/[\r\n]+/)) {
    const content = line.trim();
    if (content === '' || /^[;#]/.test(content)) continue;
    const heading = /^\[(.*)\]/.exec(content)?.[1];
    if (heading !== undefined) current = heading.trim();
    const section = sections.get(current) ?? new Map<string, string>();
    sections.set(current, section);
    if (heading !== undefined) continue;
    const [, name = content, value = ''] = /^([^=:]+)[=:](.*)$/s.exec(content) ?? [];
    section.set(name.trim().toLowerCase(), plain(value.trim()));
  }
  const found = sections.get(wanted);
  return found === undefined ? undefined : new Map([...(sections.get(DEFAULTS) ?? []), ...found]);
}

/** Without quotes around it, or else without a comment at its end. */
function plain(value: string): string {
  const [, quote, inner = ''] = /^(["'])(.*)\1$/s.exec(value) ?? [];
  if (quote === undefined) return value.replace(/(?<!\\)[;#].*$/s, '').replace(/\\([;#])/g, '$1');
  try {
    return String(JSON.parse(`"${quote === '"' ? inner : inner.replaceAll('"', '\\"')}"`));
  } catch {
    return inner;
  }
}
