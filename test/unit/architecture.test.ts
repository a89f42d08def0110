import { readFileSync } from 'node:fs';
import { globSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** What each folder may import of ours. `types` is what it may import as types only. Why: docs/architecture.md. */
const rules: Record<string, { may: string[]; types?: string[]; because: string }> = {
  domain: { may: [], because: 'the rules of coupons are pure: no clock, no database, no I/O' },
  db: { may: ['domain'], because: 'SQL knows the rules, not who asks' },
  activities: {
    may: ['domain', 'db'],
    types: ['workflows/contracts'],
    because: 'an effect runs the same under the API and under Temporal',
  },
  workflows: { may: ['domain'], types: ['activities'], because: 'workflow code is deterministic: whatever it loads is in its bundle' },
  relay: {
    may: ['domain', 'db', 'workflows/contracts'],
    because: 'it moves what is committed to Temporal, and decides nothing of the trade',
  },
  api: {
    may: ['domain', 'db', 'activities', 'workflows/contracts'],
    because: 'the transport maps requests and answers; it never loads workflow code',
  },
  embedded: { may: [], because: 'it brings up servers for development and knows nothing of coupons' },
  bin: {
    may: ['domain', 'db', 'activities', 'workflows', 'relay', 'api', 'embedded'],
    because: 'it wires the parts',
  },
};

/** Modules of Node that reach outside the process or read its clock; `domain/` computes only. */
const pureNodeModules = new Set(['node:crypto', 'node:buffer']);

interface Import {
  file: string;
  folder: string;
  target: string;
  typeOnly: boolean;
}

const importsOf = (file: string): Import[] => {
  const text = readFileSync(file, 'utf8');
  const found: Import[] = [];
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)) {
    const specifier = match[2] as string;
    const target = specifier.startsWith('.') ? path.join(path.dirname(file), specifier) : specifier;
    found.push({ file, folder: file.split('/')[0] as string, target, typeOnly: match[1] !== undefined });
  }
  return found;
};

const files = globSync(`{${Object.keys(rules).join(',')}}/**/*.ts`);
const imports = files.flatMap(importsOf);

test('every folder of the product has a rule and files', () => {
  for (const folder of Object.keys(rules)) expect(files.filter((file) => file.startsWith(`${folder}/`)).length, folder).toBeGreaterThan(0);
});

test.each(Object.entries(rules))('%s imports only what it may', (folder, { may, types = [], because }) => {
  const within = (target: string, allowed: string[]) =>
    [folder, ...allowed].some((place) => target === `${place}.ts` || target.startsWith(`${place}/`));
  const broken = imports
    .filter((each) => each.folder === folder && !each.target.startsWith('node:'))
    .filter((each) => each.target.split('/')[0] !== undefined && Object.keys(rules).some((place) => each.target.startsWith(`${place}/`)))
    .filter((each) => !within(each.target, each.typeOnly ? [...may, ...types] : may))
    .map((each) => `${each.file} imports ${each.target}: ${folder}/ may import ${may.join(', ') || 'nothing of ours'}, since ${because}`);
  expect(broken).toEqual([]);
});

test('domain/ and workflows/ reach nothing outside the process', () => {
  const broken = imports
    .filter((each) => each.folder === 'domain' || each.folder === 'workflows')
    .filter((each) => each.target.startsWith('node:') && !(each.folder === 'domain' && pureNodeModules.has(each.target)))
    .map((each) => `${each.file} imports ${each.target}`);
  expect(broken).toEqual([]);
});

test('domain/ reads no clock and draws no random numbers', () => {
  const broken = files
    .filter((file) => file.startsWith('domain/'))
    .filter((file) =>
      /\bDate\.now\(|\bnew Date\(\)|Math\.random\(|randomBytes\(\d|randomUUID\(|process\.env|Temporal\.Now/.test(
        readFileSync(file, 'utf8'),
      ),
    );
  expect(broken).toEqual([]);
});

test('only bin/ reads the environment', () => {
  const broken = files.filter(
    (file) => !file.startsWith('bin/') && !file.startsWith('embedded/') && /process\.env/.test(readFileSync(file, 'utf8')),
  );
  expect(broken).toEqual([]);
});

test('no file is longer than 350 lines, and none is a dumping ground', () => {
  const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 350);
  const vague = files.filter((file) => /(^|\/)(utils?|helpers?|common|lib|misc|types)(\/|\.ts$)/.test(file));
  expect([...long, ...vague]).toEqual([]);
});

test('the only barrel is workflows/index.ts, from which the workflow bundle is made', () => {
  const barrels = files.filter((file) => path.basename(file) === 'index.ts' && file !== 'workflows/index.ts');
  expect(barrels).toEqual([]);
});
