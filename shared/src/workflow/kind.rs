//! What every node type is.
use super::NodeKind;

impl NodeKind {
    /// Whether an execution can start at it.
    pub fn is_trigger(&self) -> bool {
        use NodeKind as K;
        matches!(self, K::ManualTrigger | K::WebhookTrigger(_) | K::EventTrigger { .. } | K::ScheduleTrigger(_))
    }
    /// Whether it only computes a route.
    pub fn is_routing(&self) -> bool {
        use NodeKind as K;
        self.is_trigger()
            || matches!(self, K::Branch { .. } | K::Loop(_) | K::Break { .. } | K::Succeed { .. } | K::Fail { .. })
    }
    /// Whether it reaches outside of the process.
    pub fn does_io(&self) -> bool {
        matches!(self, Self::HttpRequest(_) | Self::Code { .. })
    }
}
