/**
 * Names that are shown in terminals and offered in commands: all of their characters are visible.
 *
 * @module
 */

/**
 * The class of the others, for a regular expression: control characters, line and paragraph separators, marks that turn the
 * direction of a text, and characters without width. By the characters themselves, which expressions of every language take.
 */
export const HIDDEN =
  '[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]';

const HIDDEN_OR_HALF = new RegExp(`${HIDDEN}|\\p{Surrogate}`, 'u');

/** True when a reader would not see all of a name, or when it holds half a character, of which no UTF-8 can be made. */
export function hasHidden(name: string): boolean {
  return HIDDEN_OR_HALF.test(name);
}

/** What is right, for a message. */
export const VISIBLE = 'visible characters only: no control characters, line breaks or halves of characters';
