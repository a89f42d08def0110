import { LRUCache } from 'lru-cache';
import type { Sql } from '../../db/client.ts';
import type { EmailPayload } from '../../db/deliveries.ts';
import type { LeasedDelivery } from '../../db/delivery-leases.ts';
import type { Destination, SmtpConfig } from '../../db/destinations.ts';
import { findProject } from '../../db/projects.ts';
import { findSuppressed } from '../../db/suppressions.ts';
import { findTemplateVersions, type TemplateVersion } from '../../db/templates.ts';
import { isMailAddress } from '../../domain/mail-header.ts';
import { MAIL_RETRY_SCHEDULE } from '../../domain/retry-schedule.ts';
import { mailData, mailHeaders, unsubscribeUrl, type MailLinks } from '../mail/compose.ts';
import type { MailRenderer } from '../mail/render.ts';
import type { SmtpPools } from './smtp.ts';
import type { Prepared, Transport } from './transport.ts';

export interface MailDeps {
  sql: Sql;
  renderer: MailRenderer;
  pools: SmtpPools;
  links: MailLinks;
  /** The installation's SMTP server, for routes that name none. */
  smtpUrl: string;
  now: () => Date;
}

const CONNECTIONS = 20;
const KEPT_TEMPLATES = 500;

/** Delivers mail: what may be sent now is rendered from its pinned version and goes to the route's SMTP server. */
export const createMailTransport = ({ sql, renderer, pools, links, smtpUrl, now }: MailDeps): Transport => {
  const templates = new LRUCache<string, TemplateVersion>({ max: KEPT_TEMPLATES });

  const loadTemplates = async (projectId: string, payloads: EmailPayload[]): Promise<(TemplateVersion | undefined)[]> => {
    const ids = payloads.map(({ template, version }) => templateId(projectId, template, version));
    const missing = new Map(
      payloads.map((payload, index) => [ids[index] ?? '', payload]).filter(([id]) => !templates.has(id as string)) as [
        string,
        EmailPayload,
      ][],
    );
    const wanted = [...missing.values()].map(({ template, version }) => ({ projectId, key: template, version }));
    const found = wanted.length === 0 ? [] : await findTemplateVersions(sql, wanted);
    for (const template of found) templates.set(templateId(projectId, template.key, template.version), template);
    return ids.map((id) => templates.get(id));
  };

  const render = async (destination: Destination, mails: MailToSend[]): Promise<Prepared[]> => {
    const config = destination.config as unknown as SmtpConfig;
    const { currency } = (await findProject(sql, destination.projectId)) ?? { currency: 'USD' };
    const versions = await loadTemplates(
      destination.projectId,
      mails.map((mail) => mail.payload),
    );
    const known = mails.flatMap((mail, index) => {
      const version = versions[index];
      if (!version) return [];
      const url = unsubscribeUrl(mail, links);
      const template = { ...version, id: templateId(version.projectId, version.key, version.version) };
      const data = mailData({ payload: mail.payload, config, url, currency });
      return { mail, template, data, headers: mailHeaders({ ...mail, config, url, date: now() }) };
    });
    const composed = await renderer.compose(known.map(({ template, data, headers }) => ({ template, data, headers })));
    const server = { url: smtpUrl, connections: config.connections ?? CONNECTIONS };
    const prepared = known.map(({ mail: { delivery }, headers }, index): Prepared => {
      const result = composed[index] ?? { error: 'the mail was not rendered' };
      if ('error' in result) return { delivery, outcome: 'failed', reason: 'template_error', answer: result.error };
      const envelope = { from: headers.from.address, to: headers.to.address };
      return { delivery, messageId: headers.messageId, send: async () => pools.send(server, envelope, result.raw) };
    });
    const lost = mails.filter((_, index) => versions[index] === undefined);
    return [
      ...prepared,
      ...lost.map(({ delivery, payload }) =>
        refused(delivery, 'template_missing', `There is no version ${payload.version} of template ${payload.template}.`),
      ),
    ];
  };

  return {
    concurrency: ({ config }) => (config as unknown as SmtpConfig).connections ?? CONNECTIONS,
    retrySchedule: ({ config }) => (config as unknown as SmtpConfig).retry_schedule ?? MAIL_RETRY_SCHEDULE,
    ordered: () => false,
    prepare: async (destination, deliveries) => {
      const mails = deliveries.map((delivery) => ({ delivery, payload: delivery.payload as EmailPayload }));
      const suppressed = await findSuppressed(
        sql,
        mails.map(({ delivery, payload }) => ({ ...delivery, to: payload.to, topic: payload.topic })),
      );
      const settled: Prepared[] = [];
      const open: MailToSend[] = [];
      for (const mail of mails) {
        const reason = suppressed.get(mail.delivery.id);
        if (reason !== undefined) settled.push({ delivery: mail.delivery, outcome: 'skipped', reason, answer: null });
        else if (!isMailAddress(mail.payload.to))
          settled.push(refused(mail.delivery, 'invalid_address', 'This is not one plain mail address.'));
        else open.push(mail);
      }
      return [...settled, ...(await render(destination, open))];
    },
  };
};

interface MailToSend {
  delivery: LeasedDelivery;
  payload: EmailPayload;
}

const templateId = (projectId: string, key: string, version: number): string => `${projectId} ${key} ${version}`;

const refused = (delivery: LeasedDelivery, reason: string, answer: string): Prepared => ({ delivery, outcome: 'failed', reason, answer });
