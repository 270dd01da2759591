//! The processes of the AWS host over DynamoDB Local.

use super::play::Process;
use crate::aws_world::World;
use ::aws::Aws;
use async_trait::async_trait;
use engine::port::Host;

/// A process of the step function, over a table that several may share.
pub struct OnTable<'a> {
    world: &'a World,
    host: Aws,
}

impl<'a> OnTable<'a> {
    /// A process that knows nothing yet.
    pub fn new(world: &'a World) -> Self {
        Self { world, host: world.host(true, 3) }
    }
}

#[async_trait(?Send)]
impl Process for OnTable<'_> {
    fn host(&self) -> &dyn Host {
        &self.host
    }

    async fn another(&mut self) {
        self.host = self.world.host(true, 3);
    }
}
