import { describe, expect, test } from 'vitest';
import { createSecretBox } from '../../../db/secret-box.ts';

const key = (byte: number) => new Uint8Array(32).fill(byte);

describe('a sealed secret', () => {
  const box = createSecretBox(key(1));
  const sealed = box.seal('proj_1', 'source secret', 'whsec_ä');

  test('opens for its own project and purpose, and for no other', () => {
    expect(box.open('proj_1', 'source secret', sealed)).toBe('whsec_ä');
    expect(() => box.open('proj_2', 'source secret', sealed)).toThrow(/authenticate/);
    expect(() => box.open('proj_1', 'endpoint secret', sealed)).toThrow(/authenticate/);
  });

  test('differs each time and does not show what it holds', () => {
    expect(box.seal('proj_1', 'source secret', 'whsec_ä').equals(sealed)).toBe(false);
    expect(sealed.includes('whsec_')).toBe(false);
  });

  test('does not open when a single byte was changed', () => {
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] as number) ^ 1;
      expect(() => box.open('proj_1', 'source secret', changed)).toThrow(/authenticate|not configured|no sealed secret/);
    }
  });

  test('opens after the key was changed as long as the old one is configured', () => {
    const rotated = createSecretBox(key(2), [key(1)]);
    expect(rotated.open('proj_1', 'source secret', sealed)).toBe('whsec_ä');
    expect(() => createSecretBox(key(2)).open('proj_1', 'source secret', sealed)).toThrow(/not configured/);
    expect(() => box.open('proj_1', 'source secret', rotated.seal('proj_1', 'source secret', 'new'))).toThrow(/not configured/);
  });

  test('needs a key of 32 bytes', () => {
    expect(() => createSecretBox(new Uint8Array(16))).toThrow(/32 bytes/);
  });
});
