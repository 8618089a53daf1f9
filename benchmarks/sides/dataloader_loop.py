"""One network as lessons train it: a DataLoader, a loop over its batches, a look at the validation events after each epoch."""

import torch
from torch.nn import Linear, ReLU, Sequential
from torch.utils.data import DataLoader, TensorDataset

__all__ = ["train"]


def train(train_set, validation_set, *, epochs, batch_size, learning_rate, seed, device):
    """Return the weighted validation loss after the last epoch; a set is inputs (n, 8), labels (n,) and weights (n,)."""
    torch.manual_seed(seed)
    loader = DataLoader(TensorDataset(*map(torch.from_numpy, train_set)), batch_size=batch_size, shuffle=True)
    inputs, labels, weights = (torch.from_numpy(array).to(device) for array in validation_set)
    model = Sequential(Linear(8, 32), ReLU(), Linear(32, 32), ReLU(), Linear(32, 32), ReLU(), Linear(32, 1)).to(device)
    criterion = torch.nn.BCEWithLogitsLoss(reduction="none")
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    for _ in range(epochs):
        model.train()
        for batch in loader:
            x, y, w = (tensor.to(device) for tensor in batch)
            optimizer.zero_grad()
            loss = (criterion(model(x).squeeze(1), y) * w).mean()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            validation_loss = (criterion(model(inputs).squeeze(1), labels) * weights).sum() / weights.sum()
    return float(validation_loss)
