import type { Db } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import { findVoucher, findVouchers, type Voucher } from '../../db/voucher/vouchers.ts';
import { notFound } from '../http/errors.ts';
import { findLoyaltyProgram } from './program.ts';

/** A member of a program, or of any: by the code of their card, or its id. */
export interface MemberName {
  member: string;
  /** Id or name of the program. */
  campaign?: string;
}

/** The card of a member. @throws DomainError not_found, also for the card of another program */
export const findMember = async (db: Db, project: Project, { member, campaign }: MemberName): Promise<Voucher> => {
  const programId = campaign === undefined ? null : (await findLoyaltyProgram(db, project.id, campaign)).id;
  const card = (await findVoucher(db, project, member)) ?? (await findVouchers(db, project.id, [member]))[0];
  if (!card?.loyaltyCard || (programId !== null && card.campaignId !== programId)) throw notFound('loyalty card', member);
  return card;
};
