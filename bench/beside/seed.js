// `medusa exec ./seed.js COUNT FILE`: paid and fulfilled orders of one unit, made by Medusa's own workflows; their ids go to FILE.
const fs = require("fs")
const flows = require("@medusajs/medusa/core-flows")
const { Modules } = require("@medusajs/framework/utils")

const PRICE = 79
const AT_ONCE = 4
const ADDRESS = { first_name: "C", last_name: "One", address_1: "1 Street", city: "Town", country_code: "us", postal_code: "10001" }

exports.default = async function seed({ container, args }) {
  const [count, file] = [Number(args[0]), args[1]]
  const [channel] = await container.resolve(Modules.SALES_CHANNEL).createSalesChannels([{ name: "bench" }])
  const { result: [region] } = await flows.createRegionsWorkflow(container).run({
    input: { regions: [{ name: "bench", currency_code: "usd", countries: ["us"], payment_providers: ["pp_system_default"] }] },
  })
  const { result: [customer] } = await flows.createCustomersWorkflow(container).run({
    input: { customersData: [{ email: "c1@example.com", first_name: "C", last_name: "One" }] },
  })
  const made = []
  let next = 0
  const several = async () => {
    while (next < count) made.push(await order(container, next++, region, channel, customer))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, several))
  fs.writeFileSync(file, JSON.stringify(made))
}

async function order(container, n, region, channel, customer) {
  const { result: made } = await flows.createOrderWorkflow(container).run({
    input: {
      region_id: region.id, sales_channel_id: channel.id, customer_id: customer.id, email: customer.email,
      currency_code: "usd", shipping_address: ADDRESS, billing_address: ADDRESS,
      items: [{ title: `Headset ${n}`, quantity: 1, unit_price: PRICE }],
    },
  })
  const { result: [collection] } = await flows.createOrderPaymentCollectionWorkflow(container).run({
    input: { order_id: made.id, amount: PRICE },
  })
  await flows.markPaymentCollectionAsPaid(container).run({ input: { order_id: made.id, payment_collection_id: collection.id } })
  const item = made.items[0].id
  await container.resolve(Modules.ORDER).registerFulfillment({ order_id: made.id, items: [{ id: item, quantity: 1 }] })
  const [payment] = await container.resolve(Modules.PAYMENT).listPayments({ payment_collection_id: collection.id })
  return { order: made.id, item, payment: payment.id }
}
