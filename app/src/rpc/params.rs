//! Parameters of a call.

use serde_json::{Map, Value};

use super::rpc_error::RpcError;

/// The parameters of a call, without the token. Surplus ones are ignored.
pub(crate) struct Params(Vec<Value>);

impl Params {
    /// Takes the token off, if the first parameter is one. Returns it with the parameters.
    pub(crate) fn new(mut values: Vec<Value>) -> (Option<String>, Self) {
        let token = values.first().and_then(Value::as_str);
        let token = token
            .and_then(|text| text.strip_prefix("token:"))
            .map(str::to_owned);
        if token.is_some() {
            values.remove(0);
        }
        (token, Self(values))
    }

    /// Returns a parameter that is present and not null.
    fn get(&self, index: usize) -> Option<&Value> {
        self.0.get(index).filter(|value| !value.is_null())
    }

    /// Returns a text.
    pub(crate) fn text(&self, index: usize) -> Result<&str, RpcError> {
        let value = self.get(index).ok_or(RpcError::Missing(index))?;
        value.as_str().ok_or(RpcError::WrongType(index))
    }

    /// Returns an integer.
    pub(crate) fn integer(&self, index: usize) -> Result<i64, RpcError> {
        let value = self.get(index).ok_or(RpcError::Missing(index))?;
        value.as_i64().ok_or(RpcError::WrongType(index))
    }

    /// Returns a position in the queue, if there is one.
    pub(crate) fn position(&self, index: usize) -> Result<Option<usize>, RpcError> {
        let Some(value) = self.get(index) else {
            return Ok(None);
        };
        let number = value.as_i64().ok_or(RpcError::WrongType(index))?;
        usize::try_from(number)
            .map(Some)
            .map_err(|_| RpcError::Position)
    }

    /// Returns an array of texts; other values in it are left out.
    pub(crate) fn texts(&self, index: usize) -> Result<Vec<String>, RpcError> {
        let Some(value) = self.get(index) else {
            return Ok(Vec::new());
        };
        let values = value.as_array().ok_or(RpcError::WrongType(index))?;
        Ok(values
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect())
    }

    /// Returns an array.
    pub(crate) fn array(&self, index: usize) -> Result<&[Value], RpcError> {
        let value = self.get(index).ok_or(RpcError::Missing(index))?;
        value
            .as_array()
            .map(Vec::as_slice)
            .ok_or(RpcError::WrongType(index))
    }

    /// Returns an object, or an empty one if there is none.
    pub(crate) fn object(&self, index: usize) -> Result<Map<String, Value>, RpcError> {
        match self.get(index) {
            None => Ok(Map::new()),
            Some(Value::Object(object)) => Ok(object.clone()),
            Some(_) => Err(RpcError::WrongType(index)),
        }
    }

    /// Returns the first object behind the first parameter, and the position behind it. Clients put an empty
    /// array of links before the options of a Metalink, or leave it out.
    pub(crate) fn options_and_position(
        &self,
    ) -> Result<(Map<String, Value>, Option<usize>), RpcError> {
        let Some(at) = (1..self.0.len()).find(|index| self.0[*index].is_object()) else {
            return Ok((Map::new(), None));
        };
        Ok((self.object(at)?, self.position(at + 1)?))
    }
}
