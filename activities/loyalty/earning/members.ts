import type { Tx } from '../../../db/client.ts';
import { findMemberCards, type MemberCard } from '../../../db/loyalty/cards.ts';
import type { Project } from '../../../db/project/projects.ts';
import { codeKey } from '../../../domain/voucher/code-pattern.ts';
import { publish } from '../../voucher/publication.ts';
import type { Chance } from './facts.ts';

export interface MembersDeps {
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
}

/** Cards by `<customer> <campaign>`, the oldest first. */
export type Members = Map<string, MemberCard[]>;

const key = (customerId: string, campaignId: string): string => `${customerId} ${campaignId}`;

const memberKey = ({ rule, customer }: Chance): string => key(customer.id, rule.campaignId);

/** The cards of those who may earn. Who has none gets one, where the program says so. */
export const membersOf = async (
  tx: Tx,
  { randomBytes }: MembersDeps,
  project: Project,
  chances: readonly Chance[],
  now: Date,
): Promise<Members> => {
  if (chances.length === 0) return new Map();
  const find = async (asked: readonly Chance[]): Promise<Members> => {
    const members = asked.map(({ rule, customer }) => ({ customerId: customer.id, campaignId: rule.campaignId }));
    const cards = await findMemberCards(tx, project.id, members);
    return Map.groupBy(cards, ({ customerId, campaignId }) => key(customerId, campaignId));
  };
  const members = await find(chances);
  const joining = new Map(
    chances.flatMap((chance) => (chance.rule.autoJoin && !members.has(memberKey(chance)) ? [[memberKey(chance), chance]] : [])),
  );
  for (const { rule, customer } of joining.values()) {
    const what = { campaign: rule.campaignId, count: 1 };
    const request = {
      project,
      apiKeyId: null,
      customer: { id: customer.id },
      what,
      sourceId: null,
      joinOnce: true,
      channel: 'earning rule',
      metadata: {},
    };
    await publish(tx, request, { now, randomBytes });
  }
  return joining.size > 0 ? find(chances) : members;
};

/** The card that points come to: the one that the event names, if it is the customer's; else their oldest of the program. */
export const cardFor = (chance: Chance, members: Members, { caseSensitiveCodes }: Project): MemberCard | undefined => {
  const cards = members.get(memberKey(chance)) ?? [];
  const code = (chance.event.data['loyalty'] as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? cards.find((card) => card.codeKey === codeKey(code, caseSensitiveCodes)) : cards[0];
};
