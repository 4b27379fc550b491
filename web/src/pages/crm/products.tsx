// Products: what a deal can be about, and whether it counts as a sale.
import { useState } from 'preact/hooks';
import { crm } from '../../api/sources';
import type { Product } from '../../api/types';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { FormEnd, needed, SelectField, Switch, TextField, useForm, type FieldErrors } from '../../ui/form';
import { fmt, t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Badge, Block, Card, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { toast } from '../../ui/toast';

const currencies = ['KZT', 'USD', 'BRL', 'EUR', 'RUB'] as const;

// "90 000,50" and "90000.5" alike; null when it is no amount.
export function readAmount(text: string): number | null {
  const plain = text.trim().replace(/[\s\u00a0]/g, '').replace(',', '.');
  return /^\d+(\.\d{1,2})?$/.test(plain) ? Number(plain) : null;
}

interface Values {
  code: string;
  name: string;
  price: string;
  currency: string;
  counts: boolean;
}

function check(values: Values): FieldErrors {
  const wrong = { ...needed('code', values.code), ...needed('name', values.name) };
  if (values.price.trim() !== '' && readAmount(values.price) === null) wrong['price'] = t('field.not_a_number');
  return wrong;
}

function Edit({ product, position, onDone, onClose }: { product: Product | null; position: number; onDone: () => void; onClose: () => void }) {
  const form = useForm<Values>({
    initial: {
      code: product?.code ?? '',
      name: product?.name ?? '',
      price: product?.price ? String(product.price) : '',
      currency: product?.currency ?? 'KZT',
      counts: product?.counts_as_sale ?? true,
    },
    check,
    send: async ({ code, name, price, currency, counts }) => {
      const amount = readAmount(price);
      const sent = {
        name: name.trim(),
        price: amount,
        currency: amount === null ? null : currency,
        counts_as_sale: counts,
        position: product?.position ?? position,
      };
      await (product === null ? crm.addProduct({ ...sent, code: code.trim() }) : crm.changeProduct(product.id, sent));
      toast(t('settings.saved'));
      onDone();
    },
    overrides: { conflict: 'product.conflict' },
  });
  const { values, set, errors } = form;
  return (
    <Dialog title={t(product === null ? 'product.add' : 'product.edit')} onClose={onClose}>
      <form onSubmit={form.submit} novalidate>
        <TextField label={t('product.name')} name="name" required autofocus value={values.name} error={errors['name']} onInput={(name) => set({ name })} />
        <TextField label={t('product.code')} name="code" mono required disabled={product !== null} value={values.code} help={t('product.code_help')} error={errors['code']} onInput={(code) => set({ code })} />
        <div class="form-row">
          <TextField label={t('product.price')} name="price" inputmode="decimal" value={values.price} error={errors['price']} onInput={(price) => set({ price })} />
          <SelectField label={t('currency.label')} name="currency" value={values.currency} error={errors['currency']} options={currencies.map((one) => ({ value: one, text: one }))} onChange={(currency) => set({ currency })} />
        </div>
        <Switch label={t('product.counts')} on={values.counts} onChange={(counts) => set({ counts })} />
        <FormEnd form={form} action={t('action.save')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

function columns(edit: (product: Product) => void): Column<Product>[] {
  return [
    {
      id: 'name',
      head: t('sale.product'),
      cell: (one) => (
        <span class="two-lines">
          <button type="button" class="as-link clip" onClick={() => edit(one)}>{one.name}</button>
          <small class="mono">{one.code}</small>
        </span>
      ),
    },
    { id: 'price', head: t('product.price'), kind: 'number', cell: (one) => (one.price === null || one.currency === null ? <Nil why={t('product.no_price')} /> : fmt.money(one.price, one.currency)) },
    { id: 'counts', head: t('product.counts_short'), kind: 'text', cell: (one) => (one.counts_as_sale ? <Badge kind="good">{t('product.yes')}</Badge> : <Badge kind="quiet">{t('product.no')}</Badge>) },
  ];
}

export function Products() {
  const loaded = useLoad('products', (signal) => crm.products(signal));
  const [editing, setEditing] = useState<'new' | Product | null>(null);
  return (
    <Card title={t('maps.products')} side={<Button kind="primary" icon="plus" onClick={() => setEditing('new')}>{t('product.add')}</Button>}>
      <p class="muted">{t('product.lead')}</p>
      <Block loaded={loaded} skeleton={<Skeleton lines={4} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="sales" title={t('product.empty')} text={t('product.empty_text')} />
          ) : (
            <DataTable
              caption={t('maps.products')}
              rows={[...items].sort((a, b) => a.position - b.position)}
              columns={columns(setEditing)}
              keyOf={(one) => one.code}
              order={null}
              onOrder={() => undefined}
            />
          )
        }
      </Block>
      {editing !== null && (
        <Edit
          product={editing === 'new' ? null : editing}
          position={(loaded.data?.items.length ?? 0) + 1}
          onDone={() => {
            setEditing(null);
            loaded.reload();
          }}
          onClose={() => setEditing(null)}
        />
      )}
    </Card>
  );
}
