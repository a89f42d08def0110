import type { CheckoutCustomer } from '../../db/checkout/checkout.ts';
import type { Sql } from '../../db/client.ts';
import { newId } from '../../db/ids.ts';
import { filterOf, type OfferFilters } from '../../domain/qualification/filters.ts';
import type { Offer } from '../../domain/qualification/offer.ts';
import type { Offered } from '../../domain/qualification/offered.ts';
import { qualify, type Sorting } from '../../domain/qualification/qualify.ts';
import { SCENARIO, seenIn, type ScenarioName } from '../../domain/qualification/scenario.ts';
import type { Redeemer } from '../../domain/voucher/validity.ts';
import { readCounts } from '../checkout/counts.ts';
import type { Question } from '../checkout/decision.ts';
import type { CheckoutRequest } from '../checkout/request.ts';
import { createGatherer } from '../checkout/gather.ts';
import { findCustomers } from '../checkout/named-customers.ts';
import { createOffers, isCounted, redeemablesOf, type ProjectOffers } from './offers.ts';
import { qualificationView } from './view.ts';
import { readFacts } from '../checkout/request-facts.ts';
import type { VoucherStates } from '../checkout/voucher-states.ts';

/** What a shop asks for a customer and a cart: what applies. */
export interface QualificationRequest extends CheckoutRequest {
  scenario: ScenarioName;
  sorting: Sorting;
  filters: OfferFilters;
  limit: number;
  /** The id of the last of the page before; null: the first page. */
  startingAfter: string | null;
}

export interface QualificationDeps {
  sql: Sql;
  states: VoucherStates;
  /** Real time. */
  now: () => Date;
  /** How many sets may be on their way at once. */
  inFlight?: number;
}

export type QualificationActivities = ReturnType<typeof createQualificationActivities>;

/** A request with what is offered in it. */
interface Asked {
  request: QualificationRequest;
  offered: Offered;
  /** Those about which counters decide. */
  counted: readonly Offer[];
  /** What has to be read for it. */
  question: Question;
}

export const createQualificationActivities = ({ sql, states, now, inFlight = 2 }: QualificationDeps) => {
  const offers = createOffers({ sql, states, now });

  /** A few reads for all requests of a project that wait together; the rest is decided in memory. */
  const qualifySet = async (projectId: string, requests: QualificationRequest[]) => {
    const [ofProject, customerOf] = await Promise.all([offers.ofProject(projectId), findCustomers(sql, projectId, requests)]);
    const customers = requests.map(({ customer }) => (customer ? customerOf(customer) : undefined));
    const codes = await offers.codes(projectId, [...new Set(customers.flatMap((customer) => customer?.id ?? []))]);
    const time = now();
    const asked = requests.map((request, index): Asked => {
      const customer = customers[index];
      const wallet = customer ? codes.heldBy(customer.id) : [];
      return askedOf(request, customer, { ofProject, own: [...wallet, ...codes.open] }, time);
    });
    const questions = asked.map(({ question }) => question);
    const [countsFor, factsOf] = await Promise.all([
      readCounts(
        sql,
        projectId,
        asked.map(({ question, counted }) => ({ ...question, redeemables: redeemablesOf(counted) })),
        requests[0]!.project.timezone,
        time,
      ),
      readFacts(sql, projectId, questions, time),
    ]);
    return asked.map(({ request, offered, question }) => {
      const scenario = SCENARIO[request.scenario];
      const { order, stackingRules: rules } = request;
      const facts = factsOf(question);
      const open = {
        order: scenario.ofOrder ? order : null,
        redeemerOf: question.redeemerOf,
        rules,
        currency: request.project.currency,
        counts: countsFor(question),
        facts: scenario.ofOrder ? facts : { ...facts, items: [], orderMetadata: null },
      };
      const nearest = scenario.counts === null && request.startingAfter === null ? request.limit : 0;
      const { sorting, limit, startingAfter: after } = request;
      return qualificationView(request, qualify(open, offered, { sorting, limit, after, nearest }), newId('validation'));
    });
  };

  const gatherer = createGatherer({ inFlight, size: 100, run: qualifySet });

  return {
    /** Tells what applies to a customer and an order, of all that is offered to them. It changes nothing. */
    qualify: (request: QualificationRequest) => gatherer.add(request.project.id, request),
  };
};

const askedOf = (
  request: QualificationRequest,
  customer: CheckoutCustomer | undefined,
  { ofProject, own }: { ofProject: ProjectOffers; own: readonly Offer[] },
  time: Date,
): Asked => {
  const { book, counted } = ofProject.seenIn(request.scenario);
  const passes = filterOf(request.filters);
  // A campaign of which the customer has a code is there by that code.
  const joined = new Set(own.flatMap((offer) => (offer.source === 'wallet' ? (campaignOf(offer) ?? []) : [])));
  const isJoined = (offer: Offer): boolean => offer.object === 'campaign' && joined.has(offer.id);
  const isOffered = joined.size === 0 ? passes : (offer: Offer) => !isJoined(offer) && passes(offer);
  const offered: Offered = { own: seenIn(SCENARIO[request.scenario], own).filter(passes), book, isOffered };
  const at = time.getTime() + (customer?.clockOffsetMs ?? 0);
  const by: Redeemer = { customerId: customer?.id ?? null, named: request.customer !== null, at, zone: request.project.timezone };
  const redeemables = [...ofProject.asking, ...redeemablesOf(own)];
  return {
    request,
    offered,
    counted: [...offered.own.filter(isCounted), ...counted.filter(isOffered)],
    question: { request, asked: [], redeemables, customer, redeemerOf: () => by, at },
  };
};

/** The campaign whose offer an offer is; null where it is of none. */
const campaignOf = ({ parts }: Offer): string | null => parts[0]?.redeemable.campaign?.id ?? null;
