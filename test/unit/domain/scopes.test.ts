import { expect, test } from 'vitest';
import { allows, isScope } from '../../../domain/scopes.ts';

test.each([
  [['vouchers:read'], 'vouchers:read', true],
  [['vouchers:read'], 'vouchers:write', false],
  [['vouchers:*'], 'vouchers:write', true],
  [['*:read'], 'vouchers:read', true],
  [['*:read'], 'vouchers:*', false],
  [['*:read'], '*:*', false],
  [['vouchers:*'], '*:read', false],
  [['*:*'], 'vouchers:*', true],
  [['*'], '*:*', true],
  [[], 'vouchers:read', false],
])('%j grants %s: %s', (granted, scope, expected) => {
  expect(allows(granted, scope)).toBe(expected);
});

test('a scope has a resource and an action', () => {
  expect(['*', '*:*', 'vouchers:read', 'api-keys:*', '*:write'].filter((scope) => !isScope(scope))).toEqual([]);
  expect(['', 'vouchers', 'vouchers:delete', 'Vouchers:read', 'a:b:c', '*:'].filter(isScope)).toEqual([]);
});
