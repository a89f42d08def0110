import type { Sql } from '../../db/client.ts';
import type { EmailPayload } from '../../db/delivery/deliveries.ts';
import type { LeasedDelivery } from '../../db/delivery/leases.ts';
import type { Destination, SmtpConfig } from '../../db/delivery/destinations.ts';
import { findProject } from '../../db/project/projects.ts';
import { isMailAddress } from '../../domain/delivery/mail-header.ts';
import { MAIL_RETRY_SCHEDULE } from '../../domain/delivery/retry-schedule.ts';
import { mailData, mailHeaders, unsubscribeUrl, type MailLinks } from '../mail/compose.ts';
import type { MailRenderer } from '../mail/render.ts';
import { checkMails } from './sendable.ts';
import type { SmtpPools } from './smtp.ts';
import { createTemplateCache } from './template-cache.ts';
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

/** Delivers mail: what may be sent now is rendered from its pinned version and goes to the route's SMTP server. */
export const createMailTransport = ({ sql, renderer, pools, links, smtpUrl, now }: MailDeps): Transport => {
  const findTemplates = createTemplateCache(sql);

  const render = async (destination: Destination, mails: MailToSend[]): Promise<Prepared[]> => {
    const config = destination.config as unknown as SmtpConfig;
    const { currency } = (await findProject(sql, destination.projectId)) ?? { currency: 'USD' };
    const templates = await findTemplates(
      destination.projectId,
      mails.map((mail) => mail.payload),
    );
    const known = mails.flatMap((mail, index) => {
      const template = templates[index];
      if (!template) return [];
      const url = unsubscribeUrl(mail, links);
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
    const lost = mails.filter((_, index) => templates[index] === undefined);
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
      const fates = await checkMails(sql, mails, now());
      const settled: Prepared[] = [];
      const open: MailToSend[] = [];
      for (const [index, mail] of mails.entries()) {
        const fate = fates[index] ?? { send: true };
        const { delivery } = mail;
        if ('skip' in fate) settled.push({ delivery, outcome: 'skipped', reason: fate.skip, answer: null });
        else if ('deferTo' in fate) settled.push({ delivery, outcome: 'postponed', dueAt: fate.deferTo });
        else if (!isMailAddress(mail.payload.to)) settled.push(refused(delivery, 'invalid_address', 'This is not one plain mail address.'));
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

const refused = (delivery: LeasedDelivery, reason: string, answer: string): Prepared => ({ delivery, outcome: 'failed', reason, answer });
