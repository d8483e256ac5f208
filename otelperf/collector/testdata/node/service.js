// SPDX-License-Identifier: Apache-2.0
// A shop, or its stock: a shop's order reads twenty items one by one (N+1), and asks the stock, which asks the database.
const http = require('http');
const express = require('express');
const Redis = require('ioredis');
const { Pool } = require('pg');

const redis = new Redis(process.env.REDIS);
const pool = new Pool({ connectionString: process.env.POSTGRES, max: 60 });
const get = (url) => new Promise((done, failed) => {
  http.get(url, (res) => { res.resume(); res.on('end', done); res.on('error', failed); }).on('error', failed);
});

const app = express();
app.get('/orders/:id', async (req, res, next) => {
  try {
    await redis.hgetall('order:' + req.params.id);
    for (let i = 0; i < 20; i++) await pool.query('SELECT name FROM items WHERE id = $1', [i]);
    await get(process.env.STOCK + '/api/stock/' + req.params.id);
    res.json({ id: req.params.id });
  } catch (err) { next(err); }
});
const api = express.Router();
api.get('/stock/:sku', async (req, res, next) => {
  try {
    res.json((await pool.query('SELECT stocked(7)')).rows);
  } catch (err) { next(err); }
});
app.use('/api', api);
app.get('/broken', async (req, res, next) => {
  try {
    await pool.query('SELECT name FROM nowhere WHERE id = 42');
  } catch (err) { next(err); }
});
app.use((err, req, res, next) => res.status(500).json({ error: err.message }));
const server = app.listen(0, '127.0.0.1', () => console.log('listening on ' + server.address().port));
