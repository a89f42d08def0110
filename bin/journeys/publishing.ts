import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Api } from './api.ts';
import { UsageError } from './connection.ts';
import { compilerLine, readDefinitionFile, type PlacedMessage } from './definition-file.ts';
import { refused, table, type Report } from './report.ts';

interface JourneyBody {
  key: string;
  name: string;
  version: number;
  state: string;
  changed: boolean;
  migrated: number;
  draft: { problems: PlacedMessage[] } | null;
}

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;

/** Says everything that is wrong with a definition, without publishing it. */
export const validate = async (api: Api, fileName: string): Promise<Report> => {
  const file = readDefinitionFile(fileName);
  const reply = await api.send('POST', '/journeys/validate', file.text);
  if (reply.status !== 200) return refused(reply, file.name);
  const { valid, problems } = reply.body as { valid: boolean; problems: PlacedMessage[] };
  const lines = valid
    ? [`${file.name}: nothing is wrong with it`]
    : [...problems.map((problem) => compilerLine(file.name, problem)), `${file.name}: ${count(problems.length, 'mistake')}`];
  return { json: reply.body, lines, ok: valid };
};

export interface PublishFlags {
  inside: 'stay' | 'migrate' | 'drain';
  /** `from=to` */
  map: string[];
  draft?: boolean;
}

const stepsOf = (map: string[]): Record<string, string> =>
  Object.fromEntries(
    map.map((each) => {
      const [from = '', to = '', ...rest] = each.split('=');
      if (from === '' || to === '' || rest.length > 0)
        throw new UsageError(`--map ${each}: say from which step to which, such as --map mail=letter`);
      return [from, to];
    }),
  );

export const publish = async (api: Api, fileName: string, { inside, map, draft }: PublishFlags): Promise<Report> => {
  const file = readDefinitionFile(fileName);
  const steps = stepsOf(map);
  if (map.length > 0 && inside !== 'migrate') throw new UsageError('--map goes with --inside migrate');
  if (draft === true && inside !== 'stay') throw new UsageError('--draft publishes nothing, so it does not go with --inside');
  // Who is new is nobody's journey yet: nobody is inside.
  const known = inside === 'stay' || file.key === null ? null : await api.send('GET', `/journeys/${encodeURIComponent(file.key)}`);
  const reply =
    known?.status === 200
      ? await api.send('POST', `/journeys/${encodeURIComponent(file.key ?? '')}/publish`, { definition: file.text, inside, steps })
      : await api.send('POST', `/journeys${draft === true ? '?draft=true' : ''}`, file.text);
  if (reply.status !== 200) return refused(reply, file.name);
  const body = reply.body as JourneyBody;
  if (draft === true) {
    const problems = body.draft?.problems ?? [];
    const said = problems.length === 0 ? 'it can be published' : `${count(problems.length, 'mistake')} to mend before it can be published`;
    return {
      json: reply.body,
      lines: [...problems.map((each) => compilerLine(file.name, each)), `${body.key}: saved as a draft; ${said}`],
      ok: true,
    };
  }
  const moved = body.migrated > 0 ? `; ${count(body.migrated, 'customer')} went over to it` : '';
  const said = body.changed ? `published as version ${body.version}` : `version ${body.version} is the same already`;
  return { json: reply.body, lines: [`${body.key}: ${said}, ${body.state}${moved}`], ok: true };
};

const DEFINITION = /\.(ya?ml|json)$/;

/** Writes a version of a journey as it was written: to a file, or to the terminal. A file alone says the journey by its name. */
export const exportJourney = async (api: Api, name: string, fileName: string | undefined, version: number | undefined): Promise<Report> => {
  const file = fileName ?? (DEFINITION.test(name) ? name : undefined);
  const key = encodeURIComponent(DEFINITION.test(name) ? path.basename(name).replace(DEFINITION, '') : name);
  const reply = await api.send('GET', version === undefined ? `/journeys/${key}` : `/journeys/${key}/versions/${version}`);
  if (reply.status !== 200) return refused(reply, null);
  const body = reply.body as { source?: string; published?: { source: string; version: number } | null; draft?: { source: string } | null };
  const source = body.source ?? body.published?.source ?? body.draft?.source ?? '';
  if (file === undefined) return { json: reply.body, lines: [source.trimEnd()], ok: true };
  writeFileSync(file, source.endsWith('\n') ? source : `${source}\n`);
  return { json: reply.body, lines: [`${file}: written`], ok: true };
};

export const listJourneys = async (api: Api): Promise<Report> => {
  const journeys: JourneyBody[] = [];
  for (let page = 1; ; page += 1) {
    const reply = await api.send('GET', `/journeys?limit=100&page=${page}`);
    if (reply.status !== 200) return refused(reply, null);
    const body = reply.body as { journeys: JourneyBody[]; has_more: boolean };
    journeys.push(...body.journeys);
    if (!body.has_more) break;
  }
  const rows = journeys.map(({ key, state, version, name }) => [key, state, String(version), name]);
  return { json: { journeys }, lines: table([['KEY', 'STATE', 'VERSION', 'NAME'], ...rows]), ok: true };
};

/** Makes one of the journeys that ship, with its campaigns and mails. `win-back` is the one that is filed as `winback`. */
export const install = async (api: Api, name: string): Promise<Report> => {
  const filed = encodeURIComponent(name.toLowerCase().replaceAll(/[-_ ]/g, ''));
  const reply = await api.send('POST', `/journey-templates/${filed}/install`, {});
  if (reply.status !== 200) return refused(reply, null);
  const { installed, journey } = reply.body as { installed: unknown[]; journey: { key: string; version: number; state: string } };
  const things = installed.map((each) => `  ${typeof each === 'string' ? each : Object.values(each as object).join(' ')}`);
  return { json: reply.body, lines: [`${journey.key}: version ${journey.version}, ${journey.state}`, ...things], ok: true };
};
