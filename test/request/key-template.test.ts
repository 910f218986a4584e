import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEY_PLACEHOLDERS } from '../../src/contract';
import { dateAndTime, expandTemplate, keyPart, templateProblem, uses } from '../../src/request/key-template';

const VALUES = { name: 'web', imageId: 'd164b5df', format: 'qcow2', date: '2026-11-27', time: '023000' };

const literal = fc.stringMatching(/^[A-Za-z0-9._/-]{0,8}$/);
const placeholder = fc.constantFrom(...KEY_PLACEHOLDERS);

describe('an object key with placeholders', () => {
  it('gets the values of its placeholders in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(literal, placeholder)), literal, (parts, end) => {
        const template = parts.map(([text, word]) => `${text}{${word}}`).join('') + end;
        expect(templateProblem(template)).toBeNull();
        const expanded = parts.map(([text, word]) => text + VALUES[word]).join('') + end;
        expect(expandTemplate(template, VALUES)).toBe(expanded);
        for (const word of KEY_PLACEHOLDERS) {
          expect(uses(template, word)).toBe(parts.some(([, used]) => used === word));
        }
      }),
    );
  });

  it('is rejected with an unknown placeholder or a stray brace', () => {
    expect(templateProblem('a/{imageid}')).toMatch(/^no placeholder \{imageid\}; known are \{name\}, \{imageId\}/);
    expect(templateProblem('a/{}')).toContain('no placeholder {}');
    for (const template of ['{name', 'name}', '{{name}}', 'a}{b']) expect(templateProblem(template)).not.toBeNull();
  });

  it('never contains a character that the cloud rejects', () => {
    expect(keyPart('CentOS 7.5 64bit')).toBe('CentOS_7.5_64bit');
    expect(keyPart('备份/2026')).toBe('_2026');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        expect(keyPart(name)).toMatch(/^[A-Za-z0-9._-]*$/);
      }),
    );
  });

  it('has date and time of the start in UTC', () => {
    expect(dateAndTime('2026-11-27T23:30:05.123+01:00')).toEqual({ date: '2026-11-27', time: '223005' });
  });
});
