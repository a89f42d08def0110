import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { VARIABLES } from '../../../bin/configuration.ts';

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
  services: Record<string, { environment: Record<string, string> }>;
};

describe('every variable that is read', () => {
  test.each(['migrate', 'api', 'worker'])('is passed by docker-compose.yml to %s, and no other is', (service) => {
    expect(Object.keys(compose.services[service]?.environment ?? {}).toSorted()).toEqual(VARIABLES.toSorted());
  });

  test('is passed under its own name, so that what people set arrives', () => {
    const passed = Object.entries(compose.services['api']?.environment ?? {}).flatMap(([name, value]) => {
      const variable = /^\$\{(\w+)/.exec(value)?.[1];
      return variable === undefined || variable === name ? [] : [name];
    });
    expect(passed).toEqual([]);
  });

  test('stands in the table of docs/operations.md', () => {
    const table = readFileSync('docs/operations.md', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|')[1] ?? '')
      .join();
    expect(VARIABLES.filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
  });
});
