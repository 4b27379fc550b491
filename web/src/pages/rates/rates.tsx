// Exchange rates: what each day was counted with, and a way to put in a missing one.
import '../../kit';
import { useState } from 'preact/hooks';
import { rates } from '../../api/endpoints';
import type { Rate } from '../../api/types';
import { reportZone } from '../../live';
import { setQuery, usePlace } from '../../router';
import { PageHead } from '../../shell/head';
import { Button, Segments } from '../../ui/button';
import { addDays, dayAt } from '../../ui/day';
import { DayField } from '../../ui/daypick';
import { Dialog } from '../../ui/dialog';
import { FormEnd, SelectField, TextField, useForm, type FieldErrors } from '../../ui/form';
import { fmt, t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Spark } from '../../ui/spark';
import { Badge, Block, Card, Empty, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import type { Order } from '../../ui/sort';
import { toast } from '../../ui/toast';
import { choice } from '../../view';

const spans = ['30', '90', '365'] as const;
const bases = ['USD', 'BRL', 'EUR', 'RUB'] as const;
const kinds: Record<Rate['source'], 'accent' | 'quiet' | 'warn'> = { manual: 'accent', nbk: 'quiet', fallback: 'warn' };

// "512,40" and "512.40" alike; null when it is no positive number.
export function readRate(text: string): number | null {
  const plain = text.trim().replace(/[\s\u00a0]/g, '').replace(',', '.');
  if (!/^\d+(\.\d{1,6})?$/.test(plain)) return null;
  const value = Number(plain);
  return value > 0 ? value : null;
}

interface Values {
  day: string;
  base: string;
  rate: string;
}

function check(values: Values): FieldErrors {
  const wrong: FieldErrors = {};
  if (readRate(values.rate) === null) wrong['rate'] = t('rates.not_a_rate');
  return wrong;
}

function Add({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const form = useForm<Values>({
    initial: { day: dayAt(Date.now(), reportZone), base: 'USD', rate: '' },
    check,
    send: async ({ day, base, rate }) => {
      await rates.add({ day, base, quote: 'KZT', rate: readRate(rate) ?? 0 });
      toast(t('rates.saved'));
      onDone();
    },
  });
  const { values, set, errors } = form;
  return (
    <Dialog title={t('rates.add')} onClose={onClose}>
      <form onSubmit={form.submit} novalidate>
        <div class="form-row">
          <DayField label={t('rates.day')} future={false} value={values.day} error={errors['day']} onChange={(day) => day !== null && set({ day })} />
          <SelectField label={t('rates.currency')} name="base" value={values.base} error={errors['base']} options={bases.map((base) => ({ value: base, text: base }))} onChange={(base) => set({ base })} />
        </div>
        <TextField label={t('rates.rate', { base: values.base })} name="rate" inputmode="decimal" required value={values.rate} placeholder={fmt.number(512.4, 2)} help={t('rates.help')} error={errors['rate']} onInput={(rate) => set({ rate })} />
        <FormEnd form={form} action={t('action.save')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

function Latest({ items }: { items: readonly Rate[] }) {
  const found = [...new Set(items.map((rate) => rate.base))];
  return (
    <div class="rate-cards">
      {found.map((base) => {
        const own = items.filter((rate) => rate.base === base).sort((a, b) => a.day.localeCompare(b.day));
        const last = own[own.length - 1];
        if (!last) return null;
        return (
          <article class="kpi card" key={base}>
            <h2>{t('rates.of', { n: last.quant, base })}</h2>
            <p class="kpi-figure num">{fmt.number(last.rate, 2)}<small>₸</small></p>
            <p class="kpi-fact">{fmt.dayFull(last.day)}</p>
            {own.length > 1 ? <Spark values={own.map((rate) => rate.rate)} verdict="neutral" /> : <div class="spark" />}
          </article>
        );
      })}
    </div>
  );
}

function columns(): Column<Rate>[] {
  return [
    { id: 'day', head: t('rates.day'), sort: (rate) => rate.day, cell: (rate) => fmt.dayFull(rate.day) },
    { id: 'base', head: t('rates.pair'), kind: 'text', sort: (rate) => rate.base, cell: (rate) => <span class="mono nowrap">{rate.quant === 1 ? '' : `${rate.quant} `}{rate.base} → {rate.quote}</span> },
    { id: 'rate', head: t('rates.value'), kind: 'number', sort: (rate) => rate.rate / rate.quant, cell: (rate) => fmt.number(rate.rate, 2) },
    {
      id: 'source',
      head: t('rates.source'),
      kind: 'text',
      sort: (rate) => rate.source,
      cell: (rate) => (
        <Badge kind={kinds[rate.source]} tip={rate.rate_day === rate.day ? undefined : t('rates.taken_from', { day: fmt.dayFull(rate.rate_day) })}>
          {t(`rates.${rate.source}`)}
        </Badge>
      ),
    },
  ];
}

export default function RatesPage() {
  const { query } = usePlace();
  const span = choice(query.get('days'), spans, '30');
  const today = dayAt(Date.now(), reportZone);
  const from = addDays(today, 1 - Number(span));
  const loaded = useLoad(`rates${from}`, (signal) => rates.list(from, today, signal));
  const [adding, setAdding] = useState(false);
  const [order, setOrder] = useState<Order | null>({ column: 'day', descending: true });
  return (
    <>
      <PageHead title={t('nav.rates')} lead={t('rates.lead')} />
      <Block loaded={loaded} skeleton={<Card><Skeleton lines={7} /></Card>}>
        {({ items }) => (
          <>
            <Latest items={items} />
            <Card
              title={t('rates.title')}
              side={
                <>
                  <Segments
                    label={t('period.title')}
                    options={spans.map((one) => ({ value: one, text: t('rates.days', { n: Number(one) }) }))}
                    value={span}
                    onChange={(next) => setQuery({ days: next === '30' ? null : next })}
                  />
                  <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>{t('rates.add')}</Button>
                </>
              }
            >
              {items.length === 0 ? (
                <Empty icon="rates" title={t('rates.empty')} text={t('rates.empty_text')}>
                  <Button kind="primary" onClick={() => setAdding(true)}>{t('rates.add')}</Button>
                </Empty>
              ) : (
                <DataTable caption={t('rates.title')} rows={items} columns={columns()} keyOf={(rate) => rate.day + rate.base + rate.quote} order={order} onOrder={setOrder} />
              )}
            </Card>
          </>
        )}
      </Block>
      {adding && <Add onDone={() => { setAdding(false); loaded.reload(); }} onClose={() => setAdding(false)} />}
    </>
  );
}
