//! Where the plan stands.

use std::collections::VecDeque;

use anyhow::{Context, Result};
use belfry_server::Publisher;
use tokio::sync::mpsc;

use super::Order;
use crate::faults::plan::{Fault, Plan, Step};

/// The faults that are still to come, and how far the present one is.
pub(super) struct Turn {
    steps: VecDeque<Step>,
    publisher: Option<Publisher>,
    orders: Option<mpsc::Sender<Order>>,
    /// How many faults there were.
    pub done: usize,
    /// How many requests the present fault has refused.
    pub refused: usize,
    /// Where the last request was sent on to.
    sent_on_to: Option<usize>,
    /// How many redirects the last request has followed.
    followed: usize,
}

impl Turn {
    /// Nothing is to come.
    pub fn over() -> Self {
        Self {
            steps: VecDeque::new(),
            publisher: None,
            orders: None,
            done: 0,
            refused: 0,
            sent_on_to: None,
            followed: 0,
        }
    }

    /// A whole plan is to come.
    pub fn new(plan: Plan, publisher: Publisher, orders: mpsc::Sender<Order>) -> Self {
        Self { steps: plan.steps.into(), publisher: Some(publisher), orders: Some(orders), ..Self::over() }
    }

    /// What goes wrong now; what belongs to it is published.
    pub async fn fault(&mut self) -> Result<Option<Fault>> {
        let Some(step) = self.steps.front_mut() else { return Ok(None) };
        let load = std::mem::take(&mut step.load);
        let fault = step.fault.clone();
        if !load.is_empty() {
            self.publisher.as_ref().context("nobody publishes")?.publish_many(load).await?;
        }
        Ok(Some(fault))
    }

    /// How many redirects a request has followed that asks for this place. One may begin there by itself, where a
    /// permanent redirect has led there before.
    pub fn followed_to(&mut self, place: usize) -> usize {
        self.followed = if self.sent_on_to.take() == Some(place) { self.followed + 1 } else { 0 };
        self.followed
    }

    /// A request is sent on to this place.
    pub fn sends_on_to(&mut self, place: usize) {
        self.sent_on_to = Some(place);
    }

    /// It has gone wrong.
    pub fn next(&mut self) {
        self.steps.pop_front();
        self.refused = 0;
        self.done += 1;
    }

    /// Whether nothing is to come any more.
    pub fn is_over(&self) -> bool {
        self.steps.is_empty()
    }

    /// Has something done to the client.
    pub async fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // Nobody listens any more once the run has failed.
            let _ = orders.send(order).await;
        }
    }
}
