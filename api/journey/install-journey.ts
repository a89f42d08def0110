import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { publishJourney } from '../../activities/journey/publish.ts';
import { publishTemplate } from '../../activities/mail/publish.ts';
import { createCampaign, findCampaign } from '../../db/campaign/campaigns.ts';
import type { Tx } from '../../db/client.ts';
import { findJourney, type Journey } from '../../db/journey/journeys.ts';
import { findTemplate } from '../../db/delivery/templates.ts';
import { DomainError } from '../../domain/errors.ts';
import { parseJourney } from '../../domain/journey/parse.ts';
import { newCampaignOf } from '../campaign/requests.ts';
import { createCampaignBody } from '../schemas/campaign.ts';

const TEMPLATES = new URL('../../templates/', import.meta.url);

/** What a journey needs that its definition does not name: the codes that customers pass on to friends. */
const BESIDES: Record<string, string[]> = { referral: ['refer-a-friend'] };

export interface JourneyTemplate {
  name: string;
  /** The definition, as it is published. */
  source: string;
  title: string;
  description: string | null;
}

export interface InstalledJourney {
  journey: Journey;
  /** What was made, such as `campaign winback`; empty where all was there already. */
  installed: string[];
}

const read = (path: string): string => readFileSync(new URL(path, TEMPLATES), 'utf8');

/** The journeys that ship. */
export const journeyTemplates = (): JourneyTemplate[] =>
  readdirSync(new URL('journeys/', TEMPLATES))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => {
      const source = read(`journeys/${file}`);
      const { name, description } = parse(source) as { name?: string; description?: string };
      const key = file.slice(0, -'.yaml'.length);
      return { name: key, source, title: name ?? key, description: description ?? null };
    });

/**
 * Installs a journey that ships: its campaigns, its mails and itself, as far as the project does not have them. What is there already is
 * left as it is, since it may have been edited.
 * @throws DomainError not_found where no such journey ships
 */
export const installJourney = async (tx: Tx, project: { id: string }, name: string, now: Date): Promise<InstalledJourney> => {
  const template = journeyTemplates().find((each) => each.name === name);
  if (template === undefined) {
    const names = journeyTemplates().map((each) => each.name);
    throw new DomainError('not_found', 'Resource not found', {
      details: `There is no journey ${name} that ships; there are ${names.join(', ')}`,
      resource: { id: name, type: 'journey_template' },
    });
  }
  const known = await findJourney(tx, project.id, name);
  if (known !== null) return { journey: known, installed: [] };
  const installed: string[] = [];
  const { references } = parseJourney(template.source);
  const named = (what: string): string[] => [...new Set(references.filter((each) => each.what === what).map((each) => each.name))];
  for (const campaign of [...named('campaign'), ...(BESIDES[name] ?? [])]) {
    if ((await findCampaign(tx, project.id, campaign)) !== null) continue;
    const body = createCampaignBody.parse(parse(read(`campaigns/${campaign}.yaml`)));
    await createCampaign(tx, await newCampaignOf(tx, project.id, body), now);
    installed.push(`campaign ${campaign}`);
  }
  for (const mail of named('template')) {
    if ((await findTemplate(tx, project.id, mail)) !== null) continue;
    await publishTemplate(tx, project.id, mail, read(`emails/${mail}.mjml.hbs`));
    installed.push(`template ${mail}`);
  }
  const { journey } = await publishJourney(tx, project, template.source, { now });
  return { journey, installed: [...installed, `journey ${name}`] };
};
