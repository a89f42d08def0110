import type { CheckoutCustomer } from '../db/checkout.ts';
import type { Sql } from '../db/client.ts';
import { newId } from '../db/ids.ts';
import { passesFilters, type OfferFilters } from '../domain/qualification/filters.ts';
import type { Offer } from '../domain/qualification/offer.ts';
import { pageOf, qualify, type SortingRule } from '../domain/qualification/qualify.ts';
import { narrowed, SCENARIO, type ScenarioName } from '../domain/qualification/scenario.ts';
import type { Redeemer } from '../domain/voucher-validity.ts';
import { readCounts } from './checkout-counts.ts';
import type { Question } from './checkout-decision.ts';
import type { CheckoutRequest } from './checkout-request.ts';
import { createGatherer } from './gather.ts';
import { findCustomers } from './named-customers.ts';
import { campaignOf, createOffers, isCounted, type ProjectOffers } from './offers.ts';
import { qualificationView } from './qualification-view.ts';
import { readFacts } from './request-facts.ts';
import type { VoucherStates } from './voucher-states.ts';

/** What a shop asks for a customer and a cart: what applies. */
export interface QualificationRequest extends CheckoutRequest {
  scenario: ScenarioName;
  sorting: SortingRule;
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
  offers: Offer[];
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
        asked.map(({ question, offers: list }) => ({ ...question, redeemables: countedIn(list, ofProject) })),
        requests[0]!.project.timezone,
        time,
      ),
      readFacts(sql, projectId, questions, time),
    ]);
    return asked.map(({ request, offers: list, question }) => {
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
      const { qualified, near } = qualify(open, list, { sorting: request.sorting, nearest });
      const { page, hasMore } = pageOf(qualified, { limit: request.limit, after: request.startingAfter });
      return qualificationView(request, { page, hasMore, total: qualified.length, near }, newId('validation'));
    });
  };

  const gatherer = createGatherer({ inFlight, size: 100, run: qualifySet });

  return {
    /** Tells what applies to a customer and an order, of all that is offered to them. It changes nothing. */
    qualify: (request: QualificationRequest) => gatherer.add(request.project.id, request),
  };
};

const countedIn = (list: readonly Offer[], { counted }: ProjectOffers) =>
  list
    .filter((offer) => counted.has(offer) || (offer.object === 'voucher' && isCounted(offer)))
    .flatMap(({ parts }) => parts.map(({ redeemable }) => redeemable));

const askedOf = (
  request: QualificationRequest,
  customer: CheckoutCustomer | undefined,
  { ofProject, own }: { ofProject: ProjectOffers; own: readonly Offer[] },
  time: Date,
): Asked => {
  const scenario = SCENARIO[request.scenario];
  // A campaign of which the customer has a code is there by that code.
  const joined = new Set(own.flatMap((offer) => (offer.source === 'wallet' ? (campaignOf(offer) ?? []) : [])));
  const isOffered = (offer: Offer): boolean =>
    scenario.sources.includes(offer.source) &&
    scenario.takes(offer) &&
    !(offer.object === 'campaign' && joined.has(offer.id)) &&
    passesFilters(offer, request.filters);
  const list = [...own, ...ofProject.offers].filter(isOffered);
  const at = time.getTime() + (customer?.clockOffsetMs ?? 0);
  const by: Redeemer = { customerId: customer?.id ?? null, named: request.customer !== null, at, zone: request.project.timezone };
  const redeemables = [...ofProject.asking, ...own.flatMap(({ parts }) => parts.map(({ redeemable }) => redeemable))];
  return {
    request,
    offers: scenario.counts === null ? list : list.map((offer) => narrowed(offer, scenario)),
    question: { request, asked: [], redeemables, customer, redeemerOf: () => by, at },
  };
};
