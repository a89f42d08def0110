import type { Sql } from '../../db/client.ts';
import type { EmailPayload, WebhookPayload } from '../../db/delivery/deliveries.ts';
import type { LeasedDelivery } from '../../db/delivery/leases.ts';
import { defaultSmtpRoute, type SmtpConfig } from '../../db/delivery/destinations.ts';
import { findProject } from '../../db/project/projects.ts';
import { mailData, unsubscribeUrl, type MailLinks } from '../mail/compose.ts';
import type { MailRenderer } from '../mail/render.ts';
import { checkMails } from './sendable.ts';
import { createTemplateCache } from './template-cache.ts';
import type { Prepared } from './transport.ts';

export interface WebhookMailDeps {
  sql: Sql;
  renderer: MailRenderer;
  links: MailLinks;
  now: () => Date;
}

/** Webhooks that are ready to go, and what became of those that are not to be sent, or not yet. */
export interface FilledWebhooks {
  ready: LeasedDelivery[];
  settled: Prepared[];
}

const isSender = (config: unknown): config is SmtpConfig => typeof config === 'object' && config !== null && 'from' in config;

/** Renders the mails that webhooks carry, for systems that send them: by the rules of mails, with what only the sender knows. */
export const createWebhookMails = ({ sql, renderer, links, now }: WebhookMailDeps) => {
  const findTemplates = createTemplateCache(sql);

  const render = async (projectId: string, mails: { delivery: LeasedDelivery; payload: EmailPayload }[]): Promise<FilledWebhooks> => {
    const route = await defaultSmtpRoute(sql, projectId).catch(() => null);
    const config = isSender(route?.config) ? route.config : { from: { name: '', email: '' } };
    const { currency } = (await findProject(sql, projectId)) ?? { currency: 'USD' };
    const templates = await findTemplates(
      projectId,
      mails.map(({ payload }) => payload),
    );
    const known = mails.flatMap((mail, index) => {
      const template = templates[index];
      const url = unsubscribeUrl(mail, links);
      return template === undefined ? [] : [{ mail, template, url, data: mailData({ payload: mail.payload, config, url, currency }) }];
    });
    const results = await renderer.render(known.map(({ template, data }) => ({ template, data })));
    const filled: FilledWebhooks = { ready: [], settled: [] };
    for (const [index, { mail, url }] of known.entries()) {
      const { delivery, payload } = mail;
      const result = results[index] ?? { error: 'the mail was not rendered' };
      if ('error' in result) {
        filled.settled.push({ delivery, outcome: 'failed', reason: 'template_error', answer: result.error });
        continue;
      }
      const { type, body } = delivery.payload as WebhookPayload;
      const { data, ...envelope } = body as { data: Record<string, unknown> };
      const from = isSender(route?.config) ? route.config.from : null;
      const message = { ...data, from, ...result.rendered, topic: payload.topic, unsubscribe_url: url };
      filled.ready.push({ ...delivery, payload: { type, body: { ...envelope, data: message } } });
    }
    for (const [index, { delivery, payload }] of mails.entries()) {
      if (templates[index] !== undefined) continue;
      const answer = `There is no version ${payload.version} of template ${payload.template}.`;
      filled.settled.push({ delivery, outcome: 'failed', reason: 'template_missing', answer });
    }
    return filled;
  };

  return async (projectId: string, deliveries: LeasedDelivery[]): Promise<FilledWebhooks> => {
    const mails = deliveries.flatMap((delivery) => {
      const { mail } = delivery.payload as WebhookPayload;
      return mail === undefined ? [] : [{ delivery, payload: mail }];
    });
    if (mails.length === 0) return { ready: deliveries, settled: [] };
    const fates = await checkMails(sql, mails, now());
    const going = mails.filter((_, index) => 'send' in (fates[index] ?? { send: true }));
    const { ready, settled } = await render(projectId, going);
    for (const [index, { delivery }] of mails.entries()) {
      const fate = fates[index];
      if (fate !== undefined && 'skip' in fate) settled.push({ delivery, outcome: 'skipped', reason: fate.skip, answer: null });
      if (fate !== undefined && 'deferTo' in fate) settled.push({ delivery, outcome: 'postponed', dueAt: fate.deferTo });
    }
    const plain = deliveries.filter((delivery) => (delivery.payload as WebhookPayload).mail === undefined);
    return { ready: [...plain, ...ready], settled };
  };
};

export type WebhookMails = ReturnType<typeof createWebhookMails>;
