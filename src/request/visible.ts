/**
 * Names that are shown in terminals and offered in commands: all of their characters are visible.
 *
 * @module
 */

/**
 * The class of the others, for a regular expression: control characters, line and paragraph separators, marks that turn the
 * direction of a text, characters that nobody sees, and spaces other than the usual one, which look like it. By the characters
 * themselves, which expressions of every language take; so those beyond U+FFFF are left to {@link hasHidden}, since a class that is
 * read as UTF-16 cannot hold them.
 */
export const HIDDEN =
  '[\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]';

const HIDDEN_OR_HALF = new RegExp(`${HIDDEN}|[\\p{Surrogate}\\p{DI}]`, 'u');

/** True when a reader would not see all of a name, or when it holds half a character, of which no UTF-8 can be made. */
export function hasHidden(name: string): boolean {
  return HIDDEN_OR_HALF.test(name);
}

/** What is right, for a message. */
export const VISIBLE =
  'visible characters only: no control characters, line breaks, special spaces or halves of characters';
